//! What a mail server gets, and what its refusals mean.

#[path = "../../tests/support/post_office.rs"]
mod post_office;
#[path = "support/ours.rs"]
mod support;

use deliver::Reply;
use post_office::PostOffice;
use serde_json::{Value, json};
use store::outbox::EventKind;
use support::{event, senders};

fn settings(url: &str) -> Value {
    json!({ "mail": { "url": url, "from": "Waterworks <bills@example.com>",
        "recipients": { "run.issued": ["li@example.com", "wang@example.com"], "alarm.opened": ["duty@example.com"] } } })
}

#[tokio::test]
async fn each_recipient_gets_a_message_of_their_own() {
    let office = PostOffice::start().await;
    let senders = senders(&settings(&format!("smtp://{}", office.address))).unwrap();
    office.refuse(&["li@example.com"]);
    let reply = senders.find("mail:li@example.com").unwrap().send(&event(17, EventKind::RunIssued)).await;
    assert!(matches!(&reply, Reply::Refused(why) if why.contains("no such user")), "{reply:?}");
    for _ in 0..2 {
        let reply =
            senders.find("mail:wang@example.com").unwrap().send(&event(17, EventKind::RunIssued)).await;
        assert_eq!(reply, Reply::Heard("250".to_owned()));
    }
    let taken = office.taken();
    assert_eq!(taken.len(), 2);
    assert_eq!(
        (taken[0].from.as_str(), taken[0].to.concat()),
        ("bills@example.com", "wang@example.com".to_owned())
    );
    for part in
        ["Subject: [Meterline] bill run issued: 6", "From: Waterworks <bills@example.com>", "bills: 3"]
    {
        assert!(taken[0].text.contains(part), "{part} in {}", taken[0].text);
    }
    let id =
        |n: usize| taken[n].text.lines().find(|line| line.starts_with("Message-ID:")).unwrap().to_owned();
    assert_eq!(id(0), id(1), "the same event again is the same message");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unreachable() {
    let senders = senders(&settings("smtp://127.0.0.1:1")).unwrap();
    let reply = senders.find("mail:li@example.com").unwrap().send(&event(1, EventKind::RunIssued)).await;
    assert!(matches!(reply, Reply::Unreachable(_)), "{reply:?}");
}

#[tokio::test]
async fn a_certificate_of_a_known_authority_is_believed_and_no_other() {
    let tls = support::Tls::new("localhost");
    let office = PostOffice::start_with(Some(tls.acceptor.clone())).await;
    let port = office.address.rsplit_once(':').unwrap().1;
    for (authority, is_believed) in
        [(tls.authority_file.clone(), true), (support::Tls::new("localhost").authority_file.clone(), false)]
    {
        let mut settings = settings(&format!("smtps://localhost:{port}"));
        settings["certificates"] = authority.into();
        let senders = senders(&settings).unwrap();
        let reply =
            senders.find("mail:duty@example.com").unwrap().send(&event(1, EventKind::AlarmOpened)).await;
        assert_eq!(matches!(reply, Reply::Heard(_)), is_believed, "{reply:?}");
    }
    assert_eq!(office.taken().len(), 1);
}

#[tokio::test]
async fn where_starttls_is_asked_for_nothing_is_said_in_the_clear() {
    let tls = support::Tls::new("localhost");
    let office = PostOffice::start_offering(tls.acceptor.clone()).await;
    let port = office.address.rsplit_once(':').unwrap().1;
    let reply = async |starttls: bool, authority: &str, port: &str| {
        let mut settings = settings(&format!("smtp://localhost:{port}"));
        settings["certificates"] = json!(authority);
        settings["mail"]["starttls"] = json!(starttls);
        let senders = senders(&settings).unwrap();
        senders.find("mail:duty@example.com").unwrap().send(&event(1, EventKind::AlarmOpened)).await
    };
    assert_eq!(reply(true, &tls.authority_file, port).await, Reply::Heard("250".to_owned()));
    assert_eq!(office.taken().len(), 1);
    // Whoever stands between could show another certificate, or take the offer away.
    let other = support::Tls::new("localhost");
    let refused = reply(true, &other.authority_file, port).await;
    assert!(matches!(&refused, Reply::Unreachable(why) if why.contains("certificate")), "{refused:?}");
    let silent = PostOffice::start().await;
    let stripped = reply(true, &tls.authority_file, silent.address.rsplit_once(':').unwrap().1).await;
    assert!(!matches!(stripped, Reply::Heard(_)), "{stripped:?}");
    // In the clear the server takes nothing.
    let plain = reply(false, &tls.authority_file, port).await;
    assert!(matches!(&plain, Reply::Refused(why) if why.contains("STARTTLS")), "{plain:?}");
    assert_eq!((office.taken().len(), silent.taken().len()), (1, 0));
}
