//! The reception of request bodies, within their limits of size, time and memory.

use std::time::Duration;

use axum::body::{Body, HttpBody as _};
use bytes::Bytes;
use futures_util::FutureExt as _;
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Frame;
use jeton_core::Error;

use crate::{
    endpoint::Endpoint,
    limits::bodies::{Bodies, BodyRoom, WholeBody},
};

/// How much of a body beyond its limit is read and discarded, in bytes.
const MOST_IGNORED: usize = 1024 * 1024;

/// How long a body beyond its limit is read. After that, the error is answered.
const LONGEST_IGNORED: Duration = Duration::from_secs(1);

/// The timeout of a body, so that slow ones do not occupy memory for long.
const LONGEST_BODY: Duration = Duration::from_secs(30);

/// The read buffer of a connection, in bytes: at first, and at most. [`LARGEST_BUFFER`] also bounds the head.
const LEAST_BUFFER: usize = 8 * 1024;
const LARGEST_BUFFER: usize = 64 * 1024;

/// Receives a body and counts its bytes, because not every body declares its length. The second value reserves their
/// memory until it is dropped.
pub(super) async fn receive<'a>(
    mut body: Body,
    endpoint: &Endpoint,
    bodies: &'a Bodies,
) -> Result<(Bytes, Option<WholeBody<'a>>), Error> {
    if body.is_end_stream() {
        return Ok((Bytes::new(), None));
    }
    // Most bodies arrive with their head, in one part.
    let first = body.frame().now_or_never();
    if body.is_end_stream()
        && let Some(Some(Ok(frame))) = &first
        && let Some(part) = frame.data_ref().filter(|part| part.len() <= endpoint.max_body)
        && let Some(room) = bodies.whole(part.len() + buffer_for(part.len()))
    {
        return Ok((part.clone(), Some(room)));
    }
    Box::pin(receive_parts(body, first, endpoint, bodies)).await
}

/// The same for a body in several parts, of which the first may be there.
async fn receive_parts<'a>(
    mut body: Body,
    first: Option<Part>,
    endpoint: &Endpoint,
    bodies: &'a Bodies,
) -> Result<(Bytes, Option<WholeBody<'a>>), Error> {
    let room = bodies.begin();
    let received = tokio::time::timeout(LONGEST_BODY, whole(&mut body, first, endpoint.max_body, &room));
    let Ok(received) = received.await else { return Err(Error::TooSlow) };
    if let Some(bytes) = received? {
        return Ok((bytes, Some(room.came()?)));
    }
    // A proxy sends the whole body before it reads the answer. If the connection were closed meanwhile,
    // its client would get 502 instead of the error that the body is too large.
    let rest = async {
        // The rest is discarded, but the connection still reads it into a buffer.
        if room.hold(LARGEST_BUFFER).await.is_ok() {
            tokio::select! {
                () = ignore(Limited::new(body, MOST_IGNORED)) => {}
                () = room.cut_off() => {}
            }
        }
    };
    drop(tokio::time::timeout(LONGEST_IGNORED, rest).await);
    Err(endpoint.too_large())
}

/// A part of a body; none at the end.
type Part = Option<Result<Frame<Bytes>, axum::Error>>;

/// The whole body, of which the first part may be there already; none if it exceeds the limit.
async fn whole(
    body: &mut Body,
    mut there: Option<Part>,
    most: usize,
    room: &BodyRoom<'_>,
) -> Result<Option<Bytes>, Error> {
    // Most bodies come in one part. Many small parts are copied, since each would keep its read buffer.
    let (mut first, mut all) = (None, Vec::new());
    let mut length = 0;
    // Created once for all parts, since there may be one for each byte.
    let mut cut_off = std::pin::pin!(room.cut_off());
    loop {
        let next = async {
            match there.take() {
                Some(first) => first,
                None => body.frame().await,
            }
        };
        let frame = tokio::select! {
            biased;
            frame = next => frame,
            () = &mut cut_off => return Err(Error::Overloaded),
        };
        let Some(frame) = frame else { break };
        let broken = |_| Error::Malformed("The body of the request could not be received".to_owned());
        let Ok(part) = frame.map_err(broken)?.into_data() else { continue };
        length += part.len();
        if length > most {
            return Ok(None);
        }
        if first.is_none() && all.is_empty() {
            first = Some(part);
        } else {
            if all.capacity() < length {
                // The capacity doubles, up to the announced length.
                let announced = body.size_hint().upper().and_then(|rest| usize::try_from(rest).ok());
                let announced = announced.map_or(usize::MAX, |rest| rest.saturating_add(length));
                all.reserve_exact((2 * length).min(announced) - all.len());
            }
            all.extend_from_slice(&first.take().unwrap_or_default());
            all.extend_from_slice(&part);
        }
        // All allocated memory counts, not only the received bytes: also spare capacity and the read buffer.
        room.hold(all.capacity() + first.as_ref().map_or(0, Bytes::len) + buffer_for(length)).await?;
    }
    Ok(Some(first.unwrap_or_else(|| all.into())))
}

/// The size of a connection's read buffer after this many bytes of a body.
fn buffer_for(length: usize) -> usize {
    length.next_power_of_two().clamp(LEAST_BUFFER, LARGEST_BUFFER)
}

/// Reads and discards a body, up to its limit.
async fn ignore(mut body: Limited<Body>) {
    while let Some(Ok(_)) = body.frame().await {}
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use futures_util::{FutureExt as _, StreamExt as _, stream};

    use super::*;
    use crate::endpoint::endpoints;

    #[tokio::test(start_paused = true)]
    async fn a_body_that_comes_by_drops_is_not_waited_for() {
        let drops = stream::unfold((), |()| async {
            tokio::time::sleep(Duration::from_secs(10)).await;
            Some((Ok::<_, std::io::Error>(Bytes::from_static(b" ")), ()))
        });
        let endpoint = endpoints().next().unwrap();
        let bodies = Bodies::default();
        let outcome = receive(Body::from_stream(drops), endpoint, &bodies).await;
        assert!(matches!(outcome, Err(Error::TooSlow)), "{outcome:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_is_too_large_makes_room_while_the_rest_of_it_comes() {
        let endpoint = endpoints().next().unwrap();
        let large = Bytes::from(vec![b' '; endpoint.max_body + 1]);
        let start = stream::iter([Ok::<_, std::io::Error>(large)]);
        let bodies = Bodies::default();
        let mut ignored =
            std::pin::pin!(receive(Body::from_stream(start.chain(stream::pending())), endpoint, &bodies));
        assert!(ignored.as_mut().now_or_never().is_none(), "more of it comes");
        let next = bodies.begin();
        assert!(next.hold(64 * 1024 * 1024).now_or_never().is_none(), "its buffer is still there");
        let outcome = ignored.as_mut().now_or_never().expect("it makes room");
        assert!(matches!(outcome, Err(Error::BodyTooLarge | Error::EventTooLarge)));
        assert!(matches!(next.hold(64 * 1024 * 1024).now_or_never(), Some(Ok(()))));
    }
}
