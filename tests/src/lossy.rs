//! A proxy that loses answers.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, copy},
    net::{TcpListener, TcpStream},
};

/// Forwards every request, and closes the connection instead of passing on the first answers.
///
/// An answer is lost once it has begun, so its changes are stored.
pub struct Lossy {
    /// The address of the service through this proxy.
    pub url: String,
    left: Arc<AtomicUsize>,
}

impl Lossy {
    /// A proxy for the service at this address, `http://127.0.0.1:…`.
    pub async fn to(url: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let own = format!("http://{}", listener.local_addr().unwrap());
        let target = url.strip_prefix("http://").unwrap().to_owned();
        let left = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&left);
        tokio::spawn(async move {
            while let Ok((caller, _)) = listener.accept().await {
                let (target, left) = (target.clone(), Arc::clone(&counter));
                tokio::spawn(async move { carry(caller, &target, &left).await.ok() });
            }
        });
        Self { url: own, left }
    }

    /// Loses the next answers, this many.
    pub fn lose(&self, answers: usize) {
        self.left.store(answers, Ordering::SeqCst);
    }

    /// How many answers are still to be lost.
    pub fn to_lose(&self) -> usize {
        self.left.load(Ordering::SeqCst)
    }
}

async fn carry(caller: TcpStream, target: &str, left: &AtomicUsize) -> std::io::Result<()> {
    let (mut from_caller, mut to_caller) = caller.into_split();
    let (mut from_service, mut to_service) = TcpStream::connect(target).await?.into_split();
    let requests = tokio::spawn(async move { copy(&mut from_caller, &mut to_service).await });
    let mut answer = vec![0; 64 * 1024];
    loop {
        let read = from_service.read(&mut answer).await?;
        let lose = |left: usize| left.checked_sub(1);
        if read == 0 || left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, lose).is_ok() {
            requests.abort();
            return Ok(());
        }
        to_caller.write_all(&answer[..read]).await?;
    }
}
