//! What a webhook sends, and what it makes of each answer.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../../tests/support/receiver.rs"]
mod receiver;
#[path = "support/ours.rs"]
mod support;

use std::time::{Duration, Instant};

use deliver::{Reply, Sender, verify};
use receiver::{Answer, Receiver};
use serde_json::{Value, json};
use store::outbox::EventKind;
use support::{event, senders};

const SECRET: &str = "0123456789abcdef";

fn webhook(url: &str, more: &Value) -> Sender {
    let mut settings = json!({ "webhooks": [{ "name": "erp", "url": url, "secret": SECRET }] });
    settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    senders(&settings).unwrap().find("webhook:erp").unwrap().clone()
}

fn plain(receiver: &Receiver) -> Sender {
    webhook(&format!("http://{}/hooks/meterline?of=erp", receiver.address), &json!({}))
}

#[tokio::test]
async fn an_event_comes_signed_and_with_its_number() {
    let receiver = Receiver::start().await;
    let reply = plain(&receiver).send(&event(17, EventKind::RunIssued)).await;
    assert_eq!(reply, Reply::Heard("204 No Content".to_owned()));
    let got = receiver.got().remove(0);
    assert_eq!(got.line, "POST /hooks/meterline?of=erp");
    assert_eq!(got.headers["host"], receiver.address);
    assert_eq!(got.headers["meterline-event"], "17");
    assert!(verify(SECRET, &got.headers["meterline-signature"], &got.body));
    let body: Value = serde_json::from_slice(&got.body).unwrap();
    assert_eq!(
        body,
        json!({ "id": 17, "kind": "run.issued", "subject": "6", "created_at": "2026-11-02T01:10:00Z", "data": { "bills": 3 } })
    );
}

#[tokio::test]
async fn each_answer_has_its_meaning() {
    let receiver = Receiver::start().await;
    let sender = plain(&receiver);
    let elsewhere = Receiver::start().await;
    let moved = format!("307 Temporary Redirect\r\nLocation: http://{}/", elsewhere.address);
    for (status, expected) in [
        ("200 OK", "Heard"),
        ("202 Accepted", "Heard"),
        (moved.as_str(), "Refused"),
        ("400 Bad Request", "Refused"),
        ("404 Not Found", "Refused"),
        ("410 Gone", "Gone"),
        ("429 Too Many Requests", "Refused"),
        ("503 Service Unavailable", "Refused"),
    ] {
        receiver.answer([Answer::status(status)]);
        let reply = format!("{:?}", sender.send(&event(1, EventKind::AlarmOpened)).await);
        assert!(reply.starts_with(expected), "{status}: {reply}");
    }
    assert!(elsewhere.got().is_empty(), "a redirect was followed");
}

#[tokio::test]
async fn who_hangs_up_or_answers_nonsense_is_not_there() {
    let receiver = Receiver::start().await;
    let sender = plain(&receiver);
    let endless = format!("HTTP/1.1 200 OK\r\nx: {}", "y".repeat(1 << 20));
    for answer in [Answer::HangUp, Answer::Say("no http".to_owned()), Answer::Say(endless)] {
        let said = format!("{answer:.40?}");
        receiver.answer([answer]);
        let reply = sender.send(&event(1, EventKind::RunIssued)).await;
        assert!(matches!(reply, Reply::Unreachable(_)), "{said}: {reply:?}");
    }
    let closed = webhook("http://127.0.0.1:1/", &json!({}));
    assert!(matches!(closed.send(&event(1, EventKind::RunIssued)).await, Reply::Unreachable(_)));
}

#[tokio::test]
async fn a_body_without_end_is_not_waited_for() {
    let receiver = Receiver::start().await;
    receiver.answer([Answer::Say("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\nx".to_owned())]);
    let begun = Instant::now();
    assert!(matches!(plain(&receiver).send(&event(1, EventKind::RunIssued)).await, Reply::Heard(_)));
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn silence_ends_after_ten_seconds() {
    let receiver = Receiver::start().await;
    receiver.answer([Answer::Silence]);
    let reply = plain(&receiver).send(&event(1, EventKind::RunIssued)).await;
    assert_eq!(reply, Reply::Unreachable("no answer within 10 s".to_owned()));
}

#[tokio::test]
async fn a_certificate_of_a_known_authority_is_believed_and_no_other() {
    let tls = support::Tls::new("localhost");
    let receiver = Receiver::start_with(Some(tls.acceptor.clone())).await;
    let port = receiver.address.rsplit_once(':').unwrap().1;
    let own = json!({ "certificates": tls.authority_file });
    let known = webhook(&format!("https://localhost:{port}/"), &own);
    assert!(matches!(known.send(&event(1, EventKind::RunIssued)).await, Reply::Heard(_)));
    let other_name = webhook(&format!("https://127.0.0.1:{port}/"), &own);
    let other = support::Tls::new("localhost");
    let stranger =
        webhook(&format!("https://localhost:{port}/"), &json!({ "certificates": other.authority_file }));
    for sender in [other_name, stranger] {
        let reply = sender.send(&event(1, EventKind::RunIssued)).await;
        assert!(matches!(&reply, Reply::Unreachable(why) if why.contains("certificate")), "{reply:?}");
    }
    assert_eq!(receiver.got().len(), 1);
}
