//! Where a reading came from, down to the frame's bytes.

use jiff::Timestamp;
use tokio_postgres::GenericClient;

use crate::SqlError;

/// Where a reading came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// When its frame came in.
    pub received: Timestamp,
    /// Its quality.
    pub quality: i16,
    /// Its door.
    pub source: i16,
    /// Format and bytes of the frames that came from the meter in that second; one of them brought the reading.
    pub frames: Vec<(String, Vec<u8>)>,
}

/// The reading of a register at an instant, down to the bytes of the frames that can have brought it.
pub async fn origin(
    client: &impl GenericClient,
    meter: i32,
    register: i16,
    at: Timestamp,
) -> Result<Option<Origin>, SqlError> {
    let rows = client
        .query(
            "select r.received, r.quality, r.source, f.format, f.bytes \
             from readings r \
             left join lateral (select format, bytes from frames \
                                where meter_id = r.meter_id and received >= r.received \
                                  and received < r.received + interval '1 second' and source = r.source \
                                order by received limit 4096) f on true \
             where r.meter_id = $1 and r.register_id = $2 and r.time = $3",
            &[&meter, &register, &at],
        )
        .await?;
    let Some(first) = rows.first() else { return Ok(None) };
    let mut frames = Vec::new();
    for row in &rows {
        let format: Option<String> = row.try_get("format")?;
        frames.extend(format.zip(row.try_get("bytes")?));
    }
    Ok(Some(Origin {
        received: first.try_get("received")?,
        quality: first.try_get("quality")?,
        source: first.try_get("source")?,
        frames,
    }))
}
