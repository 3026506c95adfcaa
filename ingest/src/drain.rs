//! Hands the spool's records to the pipeline, in order, within the byte budget, while the database is there.

use std::sync::Arc;

use tracing::error;

use crate::intake::Pipeline;
use crate::spool::Spool;
use crate::ticket::Ticket;

/// Runs until the pipeline is closed.
pub(crate) async fn drain(spool: Arc<Spool>, pipeline: Pipeline) {
    let mut database = pipeline.database.clone();
    loop {
        let work = spool.work.notified();
        if !*database.borrow_and_update() {
            if database.changed().await.is_err() {
                return;
            }
            continue;
        }
        let reading = spool.clone();
        let chunk = match tokio::task::spawn_blocking(move || reading.read_chunk()).await {
            Ok(Ok(chunk)) => chunk,
            Ok(Err(error)) => {
                error!(%error, folder = %spool.folder().display(), "the spool cannot be read; trying again");
                tokio::time::sleep(std::time::Duration::from_secs(1)).await;
                continue;
            }
            Err(_) => return,
        };
        if chunk.is_empty() {
            tokio::select! {
                () = work => {}
                changed = database.changed() => if changed.is_err() { return },
            }
            continue;
        }
        for (delivery, ticket) in chunk {
            if pipeline.hand_on(delivery, Ticket::Spool(ticket)).await.is_err() {
                return;
            }
        }
    }
}
