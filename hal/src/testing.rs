//! What the tests of several modules share.

use proptest::test_runner::{Config, RngSeed};

/// The same cases in every run, and no files with those that failed.
pub(crate) fn fixed_seed() -> Config {
    Config { rng_seed: RngSeed::Fixed(20_261_124), failure_persistence: None, ..Config::default() }
}

/// Cards of invented people and of the standards' specimens, one of each layout.
pub(crate) mod cards {
    use jiff::civil::date;

    use crate::id_reader::{CardKind, IdCard, Sex, ValidTo, text};

    pub(crate) fn resident() -> IdCard {
        IdCard {
            name: "𰻝小㼆".into(),
            sex: Sex::Male,
            nation_code: Some("05".into()),
            nation: Some("维吾尔".into()),
            birth: Some(date(1880, 1, 1)),
            address: Some("样例省样例市样例区样例路7号院3栋2单元501室".into()),
            number: "440524188001010014".into(),
            issuer: Some("样例市公安局样例分局".into()),
            valid_from: Some(date(2012, 3, 30)),
            valid_to: Some(ValidTo::LongTerm),
            photo: (0..1024u32).map(|it| (it % 251) as u8).collect(),
            ..text::empty(CardKind::Resident)
        }
    }

    pub(crate) fn hmt_permit() -> IdCard {
        IdCard {
            name: "样本女".into(),
            sex: Sex::Female,
            birth: Some(date(1994, 8, 23)),
            address: Some("样例市样例路1号".into()),
            number: "810000199408230021".into(),
            issuer: Some("样例市公安局".into()),
            valid_from: Some(date(2018, 9, 1)),
            valid_to: Some(ValidTo::Date(date(2023, 9, 1))),
            permit_number: Some("H00000001".into()),
            times_issued: Some("01".into()),
            photo: vec![7; 1024],
            ..text::empty(CardKind::HmtPermit)
        }
    }

    pub(crate) fn foreign_2017() -> IdCard {
        IdCard {
            name: "证件样本".into(),
            english_name: Some("ZHENGJIAN, YANGBEN".into()),
            sex: Sex::Female,
            nationality: Some("CAN".into()),
            birth: Some(date(1981, 8, 3)),
            number: "CAN110081080319".into(),
            issuer: Some("1100".into()),
            valid_from: Some(date(2015, 10, 30)),
            valid_to: Some(ValidTo::Date(date(2025, 10, 30))),
            photo: vec![9; 1024],
            ..text::empty(CardKind::Foreign2017)
        }
    }

    pub(crate) fn foreign_2023() -> IdCard {
        IdCard {
            name: "证件样本".into(),
            english_name: Some("ZHENGJIAN, YANGBEN OF A NAME LONGER THAN 35".into()),
            sex: Sex::Female,
            nationality: Some("PAK".into()),
            birth: Some(date(1980, 1, 1)),
            number: "931586198001010028".into(),
            valid_from: Some(date(2023, 8, 8)),
            valid_to: Some(ValidTo::Date(date(2033, 8, 7))),
            renewals: Some("00".into()),
            former_number: crate::id_reader::number::former_number(
                "PAK",
                "931586198001010028",
                "000",
            ),
            photo: vec![3; 1024],
            ..text::empty(CardKind::Foreign2023)
        }
    }

    pub(crate) fn all() -> Vec<IdCard> {
        vec![resident(), hmt_permit(), foreign_2017(), foreign_2023()]
    }
}
