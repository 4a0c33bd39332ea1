// Shows times in the time zone of the browser. Without JavaScript they are in UTC, which is their tooltip, too.
const LOCAL = new Intl.DateTimeFormat("en-GB", {
  day: "numeric", month: "long", year: "numeric",
  hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", timeZoneName: "short",
});

function localTime(at, withSeconds = false) {
  const parts = LOCAL.formatToParts(new Date(at)).map(({ type, value }) => [type, value]);
  const { day, month, year, hour, minute, second, timeZoneName } = Object.fromEntries(parts);
  return `${day} ${month} ${year}, ${hour}:${minute}${withSeconds ? `:${second}` : ""} ${timeZoneName}`;
}

function showLocalTimes(within) {
  for (const time of within.querySelectorAll("time[data-local]")) {
    time.textContent = localTime(time.dateTime, time.dataset.local === "seconds");
  }
}
showLocalTimes(document);
