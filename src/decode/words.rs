//! What the closed lists are called in Chinese. In English their own names are words already.

/// The word for a name of the closed lists; a name without one stands as it is.
pub(super) fn chinese(name: &str) -> &str {
    WORDS.iter().find(|(english, _)| *english == name).map_or(name, |(_, chinese)| chinese)
}

#[rustfmt::skip]
const WORDS: &[(&str, &str)] = &[
    // Quantities.
    ("energy", "能量"), ("energy_export", "反向能量"), ("energy_combined", "组合能量"),
    ("heat_energy", "热量"), ("cooling_energy", "冷量"),
    ("reactive_energy", "无功电量"), ("reactive_energy_export", "反向无功电量"), ("apparent_energy", "视在电量"),
    ("volume", "累计流量"), ("reverse_volume", "反向累计流量"), ("mass", "质量"),
    ("power", "功率"), ("power_export", "反向功率"), ("power_demand", "需量"),
    ("reactive_power", "无功功率"), ("apparent_power", "视在功率"), ("power_factor", "功率因数"),
    ("volume_flow", "瞬时流量"), ("mass_flow", "质量流量"),
    ("flow_temperature", "进水温度"), ("return_temperature", "回水温度"), ("temperature_difference", "温差"),
    ("external_temperature", "环境温度"), ("temperature", "温度"), ("pressure", "压力"), ("humidity", "湿度"),
    ("voltage", "电压"), ("current", "电流"), ("neutral_current", "零线电流"), ("phase_angle", "相角"),
    ("frequency", "频率"),
    ("on_time", "上电时间"), ("operating_time", "累计工作时间"), ("error_time", "故障时间"),
    ("averaging_duration", "平均时段"), ("actuality_duration", "数据时长"), ("duration", "时长"),
    ("time", "时间"), ("date", "日期"), ("heat_cost_allocation", "热分配值"),
    ("fabrication_number", "出厂编号"), ("identification", "识别号"), ("bus_address", "总线地址"),
    ("manufacturer", "厂家"), ("model", "型号"), ("version", "版本"), ("medium", "介质"),
    ("access_number", "访问号"), ("status", "状态"), ("error_flags", "故障标志"), ("error_mask", "故障掩码"),
    ("digital_input", "数字输入"), ("digital_output", "数字输出"), ("parameter_set", "参数组"),
    ("customer", "用户"), ("password", "密码"), ("baud_rate", "波特率"), ("response_delay", "响应延时"),
    ("credit", "贷方金额"), ("debit", "借方金额"), ("balance", "余额"),
    ("reset_counter", "复位次数"), ("cumulation_counter", "累计次数"), ("event_count", "事件次数"),
    ("interval_usage", "时段用量"), ("pulses", "脉冲数"),
    ("battery_voltage", "电池电压"), ("battery_level", "电池电量"), ("battery_time", "电池时间"),
    ("signal_strength", "信号强度"), ("signal_quality", "信号质量"), ("storage_interval", "存储间隔"),
    ("tariff_period", "费率时段"), ("tariff", "费率"), ("limit", "限值"), ("ratio", "比值"), ("text", "文本"),
    ("dimensionless", "无量纲"), ("manufacturer_specific", "厂家自定义"), ("unknown", "未知"),
    // Media and states.
    ("water", "冷水"), ("hot_water", "热水"), ("heat", "热"), ("cooling", "冷"), ("electricity", "电"),
    ("gas", "燃气"), ("other", "其他"), ("absent", "无值"), ("error", "故障"),
    ("maximum", "最大"), ("minimum", "最小"), ("instantaneous", "瞬时"),
    // Events and their severity.
    ("info", "提示"), ("warning", "警告"), ("critical", "严重"),
    ("battery_low", "电池欠压"), ("power_low", "供电电压低"), ("valve_closed", "阀门关"), ("valve_fault", "阀门异常"),
    ("tamper", "被打开或改动"), ("magnetic_field", "强磁"), ("removed", "被拆下"), ("reverse_flow", "反流"),
    ("leak", "漏水"), ("burst", "爆管"), ("empty_pipe", "空管"), ("dry", "长期不用"), ("overload", "过流量"),
    ("flow_sensor_fault", "流量传感器故障"), ("temperature_sensor_fault", "温度传感器故障"), ("frost", "冰冻"),
    ("pressure_alarm", "压力报警"), ("temperature_alarm", "温度报警"), ("power_failure", "停电"),
    ("phase_loss", "断相"), ("phase_reversal", "逆相序"), ("over_voltage", "过压"), ("under_voltage", "欠压"),
    ("over_current", "过流"), ("cover_open", "开盖"), ("relay_open", "继电器断开"), ("clock_fault", "时钟异常"),
    ("memory_fault", "存储器故障"), ("permanent_error", "永久故障"), ("temporary_error", "临时故障"),
    ("alarm", "报警"), ("busy", "忙"), ("restart", "重启"), ("signal_weak", "信号弱"),
    // Warnings.
    ("unknown_vif", "未知的 VIF"), ("unknown_dif", "未知的 DIF"), ("unknown_identifier", "未知的数据标识"),
    ("unknown_unit", "未知的单位"), ("unknown_status", "未知的状态位"), ("invalid_digit", "非法数字"),
    ("invalid_time", "非法时间"), ("invalid_value", "非法数值"), ("incomplete_record", "不完整的记录"),
    ("noise", "多余字节"), ("more_follows", "有后续帧"), ("replay", "重复帧"), ("unknown_field", "未知字段"),
    ("encrypted", "未解密"), ("unauthenticated", "未认证"),
    // Errors.
    ("truncated", "帧不完整"), ("checksum", "校验错"), ("structure", "格式错"), ("unsupported", "不支持"),
    ("key_missing", "缺少密钥"), ("key_wrong", "密钥错误"), ("integrity", "完整性校验错"),
    ("state_missing", "缺少先前的完整帧"), ("value", "数值错"),
];

#[cfg(test)]
mod tests {
    use metering::{EventKind, Quantity};
    use protocols::{ErrorKind, WarningKind};

    use super::*;

    #[test]
    fn every_name_of_the_closed_lists_has_its_word() {
        let names = Quantity::ALL
            .iter()
            .map(|quantity| quantity.name())
            .chain(EventKind::ALL.iter().map(|kind| kind.name()))
            .chain(WarningKind::ALL.iter().map(|kind| kind.name()))
            .chain(ErrorKind::ALL.iter().map(|kind| kind.name()));
        for name in names {
            assert_ne!(chinese(name), name, "{name}");
        }
    }
}
