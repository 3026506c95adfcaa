//! `meterline decode`: one frame from the command line, or a stream of them as JSON lines.

mod lines;
mod parts;
mod request;
mod table;

use std::io::{IsTerminal as _, Write as _, stdin, stdout};

use clap::Args;
use protocols::Decoded;
use protocols::output::Answered;

use self::request::Request;
use crate::outcome::{Outcome, Unusable};
use metering::Language;

/// The examples of `--help`.
const EXAMPLES: &str = "\
Examples:
  meterline decode --format json '{\"address\":\"1\",\"registers\":{\"8-0:1.0.0\":\"12.5\"}}'
  meterline decode FE FE 68 10 44 33 22 11 00 33 78 81 16 …    the format is found, the bytes are explained
  meterline decode --format wmbus --key 000102…0E0F 2E44… --json
  meterline decode --table - < push.json
  meterline decode --jsonl < frames.jsonl > readings.jsonl

On a terminal a frame is shown part by part with what each means, elsewhere as one JSON object; --json and --table choose.
--format is always the format of the wire. Exit status: 0 read, 1 refused, 2 no bytes.
With --jsonl each line of the input is answered by a line of the output, in order, whatever it holds.
Input:  {\"id\",\"format\",\"hex\",\"key\"?,\"plaintext\"?,\"prior\"?:[hex…],\"profile\"?,\"start\"?}";

/// The arguments of `meterline decode`.
#[derive(Args, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The format of the wire; `auto` finds those that can be told apart
    #[arg(long, value_name = "FORMAT", default_value = "auto")]
    format: String,

    /// The key of an encrypted frame, in hex
    #[arg(long, value_name = "HEX")]
    key: Option<String>,

    /// The payload was already decrypted, whatever its header says
    #[arg(long)]
    plaintext: bool,

    /// The meter model: a register map, valve bits, decimals
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,

    /// The first register's wire address in a Modbus answer
    #[arg(long, value_name = "N")]
    start: Option<u16>,

    /// An earlier frame of the same meter, in hex; compact frames need their full frame. Repeatable, oldest first
    #[arg(long, value_name = "HEX")]
    prior: Vec<String>,

    /// Read JSON lines from standard input, write JSON lines
    #[arg(long, conflicts_with_all = ["frame", "json", "table"])]
    jsonl: bool,

    /// Answer with a JSON object, also on a terminal
    #[arg(long)]
    json: bool,

    /// Answer with a table, also into a pipe
    #[arg(long, conflicts_with = "json")]
    table: bool,

    /// The frame in hex, spaces allowed; a JSON document or a P1 telegram may stand as it is; `-` reads either from
    /// standard input
    #[arg(value_name = "HEX", required_unless_present = "jsonl")]
    frame: Vec<String>,
}

/// Carries out `meterline decode`.
pub(crate) fn run(arguments: &Arguments, language: Language) -> anyhow::Result<Outcome> {
    if arguments.jsonl {
        lines::answer_all(stdin().lock(), stdout().lock())?;
        return Ok(Outcome::Done);
    }
    let request = arguments.request().map_err(|error| Unusable(error.to_string()))?;
    let decoded = request.decode();
    let text = if arguments.table || (stdout().is_terminal() && !arguments.json) {
        table::Table {
            bytes: &request.bytes,
            decoded: &decoded,
            anatomy: request.anatomy(&decoded),
            language,
            coloured: stdout().is_terminal(),
        }
        .to_string()
    } else {
        let mut text = serde_json::to_string(&Answered { id: None::<()>, decoded: &decoded })?;
        text.push('\n');
        text
    };
    lines::unless_nobody_reads(stdout().lock().write_all(text.as_bytes()))?;
    Ok(if is_read(&decoded) { Outcome::Done } else { Outcome::NotSo })
}

impl Arguments {
    fn request(&self) -> Result<Request, protocols::DecodeError> {
        let text = match self.frame.as_slice() {
            [only] if only == "-" => lines::whole(stdin().lock())?,
            words => words.join(" "),
        };
        Ok(Request {
            format: self.format.clone(),
            bytes: match text.trim_ascii_start().as_bytes().first() {
                Some(b'{' | b'[' | b'/') => text.into_bytes(),
                _ => request::bytes(&text, "frame")?,
            },
            key: self.key.as_deref().map(|key| request::bytes(key, "key")).transpose()?,
            plaintext: self.plaintext,
            prior: self.prior.iter().map(|frame| request::bytes(frame, "prior")).collect::<Result<_, _>>()?,
            profile: self.profile.clone(),
            start: self.start,
        })
    }
}

fn is_read(decoded: &Decoded) -> bool {
    match decoded {
        Decoded::One(result) => result.is_ok(),
        Decoded::Many(results) => results.iter().any(Result::is_ok),
    }
}
