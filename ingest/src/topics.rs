//! Which topics are listened to, and what each says of its payload.

use smol_str::SmolStr;
use store::sink::Content;

use crate::settings::Settings;

/// The layout of topics.
#[derive(Clone, Debug)]
pub(crate) struct Topics {
    prefix: String,
    shared: String,
    /// Filter to format.
    others: Vec<(String, SmolStr)>,
}

impl Topics {
    pub(crate) fn new(settings: &Settings) -> Self {
        let others = settings.topics.iter().map(|(filter, format)| (filter.clone(), format.into()));
        Self {
            prefix: settings.topic_prefix.clone(),
            shared: settings.shared_group.clone(),
            others: others.collect(),
        }
    }

    /// The filters to subscribe to.
    pub(crate) fn filters(&self) -> Vec<String> {
        let own = ["meters/+/+/up", "concentrators/+/up"].map(str::to_owned);
        let filters = own.into_iter().chain(self.others.iter().map(|(filter, _)| filter.clone()));
        filters
            .map(|filter| match self.shared.as_str() {
                "" => format!("{}{filter}", self.prefix),
                group => format!("$share/{group}/{}{filter}", self.prefix),
            })
            .collect()
    }

    /// How to read what comes on a topic, and the address that it names.
    pub(crate) fn read(&self, topic: &str) -> (Content, Option<SmolStr>) {
        let topic = topic.strip_prefix(&self.prefix).unwrap_or(topic);
        let levels: Vec<&str> = topic.split('/').collect();
        match levels.as_slice() {
            ["meters", format, address, "up"] => {
                let address = (*address != "-" && !address.is_empty()).then(|| SmolStr::from(*address));
                (Content::Frame((*format).into()), address)
            }
            ["concentrators", _, "up"] => (Content::Document, None),
            levels => {
                let format = self.others.iter().find(|(filter, _)| matches(filter, levels));
                (Content::Frame(format.map_or_else(|| "auto".into(), |(_, format)| format.clone())), None)
            }
        }
    }
}

/// MQTT 3.1.1, 4.7: `+` is one level, `#` at the end all that follow.
fn matches(filter: &str, topic: &[&str]) -> bool {
    let mut levels = topic.iter();
    for want in filter.split('/') {
        match (want, levels.next()) {
            ("#", _) => return true,
            ("+", Some(_)) => {}
            (want, Some(level)) if want == *level => {}
            _ => return false,
        }
    }
    levels.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_says_format_and_address() {
        let settings = Settings {
            topic_prefix: "city/".into(),
            shared_group: "ingest".into(),
            topics: [("application/+/device/+/event/up".to_owned(), "chirpstack-v4".to_owned())].into(),
            ..Settings::default()
        };
        let topics = Topics::new(&settings);
        assert_eq!(topics.filters()[0], "$share/ingest/city/meters/+/+/up");
        let frame = |format: &str| Content::Frame(format.into());
        assert_eq!(topics.read("city/meters/cjt188/0012/up"), (frame("cjt188"), Some("0012".into())));
        assert_eq!(topics.read("city/meters/cjt188/-/up"), (frame("cjt188"), None));
        assert_eq!(topics.read("city/concentrators/7/up"), (Content::Document, None));
        assert_eq!(topics.read("city/application/1/device/2/event/up"), (frame("chirpstack-v4"), None));
        assert_eq!(topics.read("city/application/1/device/2/event"), (frame("auto"), None));
    }
}
