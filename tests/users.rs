//! Who may do what, asked through the program.

mod support;

use std::os::unix::fs::PermissionsExt as _;

use metering::refusal::Why;
use office::{Caller, Proof, user};
use store::UserRole;
use support::Program;
use support::deeds::{nobody, office, trail};

#[tokio::test]
async fn a_role_permits_and_a_disabled_user_does_nothing() {
    let Some(program) = Program::new().await else { return };
    program.done(&["user", "add", "root", "--role", "admin"]);
    program.done(&["user", "add", "li", "--role", "clerk", "--as", "root"]);
    program.write("accounts.csv", "account_no,name,opened_on\n1,A,2020-01-01\n");
    let import = |name: &str| program.run(&["import", "accounts", "accounts.csv", "--as", name]);

    let refused = program.run(&["user", "add", "eve", "--role", "admin", "--as", "li"]);
    assert!(
        refused.code == 1 && refused.stderr.contains("clerk") && refused.stderr.contains("admin"),
        "{refused:?}"
    );
    assert_eq!(program.run(&["user", "add", "li", "--role", "admin", "--as", "root"]).code, 1);
    assert_eq!(program.run(&["user", "add", "Li Wei", "--role", "clerk", "--as", "root"]).code, 1);
    assert_eq!(program.run(&["user", "add", "wang", "--role", "king"]).code, 2);

    assert!(import("nobody").stderr.contains("nobody"));
    assert_eq!(import("li").code, 0);
    program.done(&["user", "disable", "li", "--as", "root"]);
    assert_eq!(import("li").code, 1);
    let client = program.database.owner().await;
    assert_eq!(
        trail(&program.database).await,
        [
            "os:machine user.add root",
            "root user.add li",
            "li import.accounts accounts.csv",
            "root user.disable li"
        ]
    );
    assert!(client.execute("delete from audit", &[]).await.is_err(), "the audit is append only");
}

fn by(name: Option<&str>, proof: Proof) -> Caller {
    Caller { name: name.map(str::to_owned), proof, ..nobody() }
}

#[tokio::test]
async fn a_password_is_kept_as_its_hash_and_from_then_on_the_name_alone_is_nothing() {
    let Some(program) = Program::new().await else { return };
    program.done(&["user", "add", "root", "--role", "admin"]);
    let office = office(&program.database);
    let root = by(Some("root"), Proof::Name);
    let short = user::set_password(&office, &root, "root", "short").await.unwrap_err();
    assert_eq!(short.why, Why::PasswordTooShort);
    user::set_password(&office, &root, "root", "correct horse").await.unwrap();
    let client = program.database.owner().await;
    let hash: String = client.query_one("select password_hash from users", &[]).await.unwrap().get(0);
    assert!(hash.starts_with("$argon2id$") && !hash.contains("horse"));

    let add = async |proof: Proof, name: &str| {
        user::add(&office, &by(Some("root"), proof), name, UserRole::Clerk)
            .await
            .map_err(|refusal| refusal.why)
    };
    assert_eq!(add(Proof::Name, "a").await, Err(Why::Unproven));
    assert_eq!(add(Proof::Password("wrong horse".into()), "a").await, Err(Why::WrongPassword));
    assert_eq!(add(Proof::Token("0".repeat(64)), "a").await, Err(Why::SessionEnded));
    assert_eq!(add(Proof::Password("correct horse".into()), "a").await, Ok(()));
    let begun = user::login(&office, &by(Some("root"), Proof::Password("correct horse".into()))).await;
    let begun = begun.unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!(add(Proof::Token(begun.token.clone()), "b").await, Ok(()));
    // A token is nobody else's, and it ends.
    let stolen = by(Some("a"), Proof::Token(begun.token.clone()));
    let stolen = user::add(&office, &stolen, "c", UserRole::Clerk).await.unwrap_err();
    assert_eq!(stolen.why, Why::SessionEnded);
    let mut later = by(Some("root"), Proof::Token(begun.token.clone()));
    later.now = begun.ends_at;
    assert_eq!(user::add(&office, &later, "c", UserRole::Clerk).await.unwrap_err().why, Why::SessionEnded);
    // It ends with the password.
    let root = by(Some("root"), Proof::Token(begun.token.clone()));
    user::set_password(&office, &root, "root", "battery staple").await.unwrap();
    assert_eq!(add(Proof::Token(begun.token), "c").await, Err(Why::SessionEnded));
    assert_eq!(add(Proof::Password("correct horse".into()), "c").await, Err(Why::WrongPassword));
}

#[tokio::test]
async fn passwords_are_not_guessed_at_leisure() {
    let Some(program) = Program::new().await else { return };
    program.done(&["user", "add", "root", "--role", "admin"]);
    let office = office(&program.database);
    user::set_password(&office, &by(Some("root"), Proof::Name), "root", "correct horse").await.unwrap();
    let mut wrong = by(Some("root"), Proof::Password("a guess or two".into()));
    for _ in 0..10 {
        assert_eq!(user::login(&office, &wrong).await.map(drop).unwrap_err().why, Why::WrongPassword);
    }
    assert_eq!(user::login(&office, &wrong).await.map(drop).unwrap_err().why, Why::TooManyTries);
    // Not even the right one is looked at, until a quarter of an hour has passed.
    wrong.proof = Proof::Password("correct horse".into());
    assert_eq!(user::login(&office, &wrong).await.map(drop).unwrap_err().why, Why::TooManyTries);
    wrong.now += jiff::SignedDuration::from_mins(16);
    assert_eq!(user::login(&office, &wrong).await.map(drop), Ok(()));
    // Names that nobody has leave nothing behind.
    let nobody = by(Some("nobody"), Proof::Password("a guess or two".into()));
    assert_eq!(user::login(&office, &nobody).await.map(drop).unwrap_err().why, Why::WrongPassword);
    let client = program.database.owner().await;
    let noted: i64 = client.query_one("select count(*) from failed_sign_ins", &[]).await.unwrap().get(0);
    assert_eq!(noted, 10);
}

#[tokio::test]
async fn without_a_name_users_are_kept_only_until_there_is_an_administrator() {
    let Some(program) = Program::new().await else { return };
    program.done(&["user", "add", "li", "--role", "clerk"]);
    program.done(&["user", "add", "root", "--role", "admin"]);
    for words in [
        &["user", "add", "ghost", "--role", "supervisor"][..],
        &["user", "role", "li", "--role", "supervisor"],
        &["user", "disable", "li"],
        &["user", "enable", "li"],
        &["user", "passwd", "li"],
    ] {
        let refused = program.run_with(words, "correct horse\n");
        assert!(refused.code == 1 && refused.stderr.contains("--as NAME"), "{words:?}: {refused:?}");
    }
    program.done(&["user", "role", "li", "--role", "supervisor", "--as", "root"]);
    program.done(&["user", "disable", "li", "--as", "root"]);
    program.done(&["user", "enable", "li", "--as", "root"]);
    let trail = trail(&program.database).await;
    let of_li: Vec<_> = trail.iter().filter(|row| row.ends_with(" li")).collect();
    assert_eq!(
        of_li,
        ["os:machine user.add li", "root user.role li", "root user.disable li", "root user.enable li"]
    );
    let client = program.database.owner().await;
    let accounts = "select count(*) from audit where os_account is distinct from 'machine'";
    assert_eq!(client.query_one(accounts, &[]).await.unwrap().get::<_, i64>(0), 0);
}

#[tokio::test]
async fn the_last_administrator_stays() {
    let Some(program) = Program::new().await else { return };
    program.done(&["user", "add", "root", "--role", "admin"]);
    let refused = program.run(&["--lang", "zh", "user", "disable", "root", "--as", "root"]);
    assert!(refused.code == 1 && refused.stderr.contains("最后一名"), "{refused:?}");
    let office = office(&program.database);
    let root = by(Some("root"), Proof::Name);
    let demoted = user::change_role(&office, &root, "root", UserRole::Auditor).await;
    assert_eq!(demoted.unwrap_err().why, Why::LastAdministrator);
    user::add(&office, &root, "boss", UserRole::Admin).await.unwrap();
    // Two who disable each other at the same moment: one of them stays.
    let boss = by(Some("boss"), Proof::Name);
    let both = tokio::join!(user::disable(&office, &root, "boss"), user::disable(&office, &boss, "root"));
    assert!(both.0.is_ok() != both.1.is_ok(), "{both:?}");
    let client = program.database.owner().await;
    let left = "select count(*) from users where role = 'admin' and disabled_at is null";
    assert_eq!(client.query_one(left, &[]).await.unwrap().get::<_, i64>(0), 1);
}

#[tokio::test]
async fn the_command_line_asks_for_a_password_or_a_session() {
    let Some(program) = Program::new().await else { return };
    program.done(&["user", "add", "root", "--role", "admin"]);
    assert_eq!(program.run_with(&["user", "passwd", "root", "--as", "root"], "correct horse\n").code, 0);
    let add = |name: &str| program.run(&["user", "add", name, "--role", "clerk", "--as", "root"]);
    let refused = add("a");
    assert!(refused.code == 1 && refused.stderr.contains("meterline login"), "{refused:?}");
    assert_eq!(program.run_with(&["login", "root"], "wrong horse\n").code, 1);
    assert_eq!(program.run_with(&["login", "root"], "correct horse\n").code, 0);
    let mode = std::fs::metadata(program.path("sessions/root")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(add("a").code, 0);
    // A file that others can read is no secret.
    std::fs::set_permissions(program.path("sessions/root"), std::fs::Permissions::from_mode(0o644)).unwrap();
    let refused = add("b");
    assert!(refused.code == 1 && refused.stderr.contains("readable by others"), "{refused:?}");
    let client = program.database.owner().await;
    let kept: String =
        client.query_one("select encode(sha256, 'hex') from sessions", &[]).await.unwrap().get(0);
    assert!(!program.read("sessions/root").contains(&kept));
    // What ended long ago goes with the next log-in.
    client
        .batch_execute(
            "update sessions set begun_at = now() - interval '32 days', ends_at = now() - interval '31 days'",
        )
        .await
        .unwrap();
    assert_eq!(program.run_with(&["login", "root"], "correct horse\n").code, 0);
    let sessions = "select count(*) from sessions";
    assert_eq!(client.query_one(sessions, &[]).await.unwrap().get::<_, i64>(0), 1);

    // Signed out, the file is gone, and a copy of it proves nothing.
    let copy = program.read("sessions/root");
    assert!(program.done(&["logout", "root"]).contains("signed out"));
    assert!(!program.path("sessions/root").exists());
    assert!(program.done(&["logout", "root"]).contains("no session"));
    program.write("sessions/root", copy);
    std::fs::set_permissions(program.path("sessions/root"), std::fs::Permissions::from_mode(0o600)).unwrap();
    assert!(add("c").stderr.contains("meterline login"));
    assert!(program.done(&["logout", "root"]).contains("signed out"), "one that has ended is taken away");
    assert!(!program.path("sessions/root").exists());
    let trail =
        "select string_agg(who || ' ' || action, ', ' order by id) from audit where action like 'user.log%'";
    let trail: String = client.query_one(trail, &[]).await.unwrap().get(0);
    assert_eq!(trail, "root user.login, root user.login, root user.logout");
}
