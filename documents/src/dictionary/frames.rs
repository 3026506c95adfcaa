//! Frames: functions of records, warnings, why one is rejected.

pub(super) const ZH: &[(&str, &str)] = &[
    // Functions of a record.
    ("instantaneous", "瞬时"),
    ("maximum", "最大"),
    ("minimum", "最小"),
    // Warnings.
    ("unknown_vif", "未知的 VIF"),
    ("unknown_dif", "未知的 DIF"),
    ("unknown_identifier", "未知的数据标识"),
    ("unknown_unit", "未知的单位"),
    ("unknown_status", "未知的状态位"),
    ("invalid_digit", "非法数字"),
    ("invalid_time", "非法时间"),
    ("invalid_value", "非法数值"),
    ("incomplete_record", "不完整的记录"),
    ("noise", "多余字节"),
    ("more_follows", "有后续帧"),
    ("replay", "重复帧"),
    ("unknown_field", "未知字段"),
    ("encrypted", "未解密"),
    ("unauthenticated", "未认证"),
    // Why a frame was rejected.
    ("truncated", "帧不完整"),
    ("checksum", "校验错"),
    ("structure", "结构错"),
    ("unsupported", "不支持"),
    ("key_missing", "缺密钥"),
    ("key_wrong", "密钥错"),
    ("integrity", "完整性错"),
    ("state_missing", "缺前帧"),
    ("value", "数值错"),
    ("unknown_meter", "无此表"),
    ("future_time", "时间超前"),
    ("past_time", "时间过早"),
    ("before_installation", "早于安装"),
    ("too_large", "超出范围"),
];
