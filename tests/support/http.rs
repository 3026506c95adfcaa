//! One request, one answer.

use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// GET, from `authority` (HOST:PORT).
pub async fn get(authority: &str, path: &str) -> (u16, String) {
    send(authority, Method::GET, path, "text/plain", Bytes::new()).await
}

/// POST.
pub async fn post(authority: &str, path: &str, content_type: &str, body: impl Into<Bytes>) -> (u16, String) {
    send(authority, Method::POST, path, content_type, body.into()).await
}

async fn send(authority: &str, method: Method, path: &str, content_type: &str, body: Bytes) -> (u16, String) {
    let stream = TcpStream::connect(authority).await.unwrap();
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    let driver = tokio::spawn(connection);
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", authority)
        .header("content-type", content_type)
        .body(Full::new(body))
        .unwrap();
    let answer = sender.send_request(request).await.unwrap();
    let status = answer.status().as_u16();
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    driver.abort();
    (status, String::from_utf8(body.to_vec()).unwrap())
}
