// Shows times in the time zone of the browser. Without JavaScript they are in UTC, which is their tooltip, too.
const LOCAL = new Intl.DateTimeFormat("en-GB", {
  day: "numeric", month: "long", year: "numeric",
  hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", timeZoneName: "short",
});

function showLocalTimes(within) {
  for (const time of within.querySelectorAll("time[data-local]")) {
    const parts = LOCAL.formatToParts(new Date(time.dateTime)).map(({ type, value }) => [type, value]);
    const { day, month, year, hour, minute, second, timeZoneName } = Object.fromEntries(parts);
    const seconds = time.dataset.local === "seconds" ? `:${second}` : "";
    time.textContent = `${day} ${month} ${year}, ${hour}:${minute}${seconds} ${timeZoneName}`;
  }
}
showLocalTimes(document);
