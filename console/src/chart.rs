//! A chart of daily usage as an SVG drawing, made here: no script runs in the browser.

use std::fmt::Write as _;

use jiff::Timestamp;
use metering::{Micro, Zone};

const WIDTH: i64 = 860;
const HEIGHT: i64 = 240;
const LEFT: i64 = 64;
const BOTTOM: i64 = 28;
const TOP: i64 = 12;

/// Bars of the usage between consecutive points (instant, index in millionths), oldest first. A negative step (an
/// exchange, a rollover) has no bar. `None` with fewer than two points.
pub(crate) fn usage_bars(points: &[(Timestamp, i64)], zone: &Zone, unit: &str) -> Option<String> {
    let bars: Vec<(Timestamp, i64)> =
        points.windows(2).map(|pair| (pair[0].0, pair[1].1.saturating_sub(pair[0].1).max(0))).collect();
    let highest = bars.iter().map(|bar| bar.1).max()?.max(1);
    let count = i64::try_from(bars.len()).ok()?;
    let plot = (WIDTH - LEFT - 8, HEIGHT - TOP - BOTTOM);
    let mut svg = format!(
        "<svg class=\"chart\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" xmlns=\"http://www.w3.org/2000/svg\">"
    );
    for step in 0..=4 {
        let y = TOP + plot.1 - plot.1 * step / 4;
        let label = Micro::from_raw(highest / 4 * step).to_decimal().round_dp(2).normalize();
        let _ = write!(
            svg,
            "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{x2}\" y1=\"{y}\" y2=\"{y}\"/>\
             <text class=\"tick\" x=\"{x}\" y=\"{ty}\" text-anchor=\"end\">{label}</text>",
            x2 = WIDTH - 8,
            x = LEFT - 8,
            ty = y + 4,
        );
    }
    let label_every = (count / 8).max(1);
    for (n, (at, usage)) in (0..).zip(&bars) {
        let x = LEFT + plot.0 * n / count;
        let width = (plot.0 / count - 2).clamp(1, 48);
        // Through i128: millionths times pixels may not fit 64 bits.
        let height = i64::try_from(i128::from(*usage) * i128::from(plot.1) / i128::from(highest)).ok()?;
        let day = zone.date(*at);
        let value = Micro::from_raw(*usage);
        let _ = write!(
            svg,
            "<rect class=\"bar\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"><title>{day}: {value} {unit}</title></rect>",
            y = TOP + plot.1 - height,
        );
        if n % label_every == 0 {
            let _ = write!(
                svg,
                "<text class=\"tick\" x=\"{x}\" y=\"{y}\">{label}</text>",
                y = HEIGHT - 8,
                label = day.strftime("%m-%d"),
            );
        }
    }
    svg.push_str("</svg>");
    Some(svg)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_for_each_day_and_none_below_zero() {
        let zone = Zone::utc();
        let at = |day: i64| Timestamp::from_second(day * 86_400).unwrap();
        let points = [(at(0), 0), (at(1), 1_500_000), (at(2), 500_000), (at(3), i64::MAX)];
        let svg = usage_bars(&points, &zone, "m3").unwrap();
        assert_eq!(svg.matches("<rect").count(), 3);
        assert!(svg.contains("1970-01-01: 1.5 m3") && svg.contains("1970-01-02: 0 m3"));
        assert!(usage_bars(&points[..1], &zone, "m3").is_none());
    }
}
