//! `kiosk bearer`: what a modem's connection was given, from ModemManager's words to systemd-networkd's.

use std::fmt::Write;
use std::io::Read;
use std::net::IpAddr;

use clap::Args;

use crate::cli::Failure;

/// More than `mmcli` ever says.
const WORDS_MAX: u64 = 64 * 1024;

#[derive(Args)]
pub(crate) struct BearerArguments {
    /// How much the modem's routes count: the less, the rather they are taken.
    #[arg(long)]
    metric: u32,
}

/// Why there is nothing to set up.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
enum BearerError {
    #[error("it is not connected")]
    NotConnected,
    #[error("it has no network interface (“{0}”)")]
    NoInterface(String),
    #[error("it is to be set up by “{0}”, which is neither static nor dhcp")]
    Method(String),
    #[error("“{1}” cannot be its {0}")]
    Value(&'static str, String),
}

/// Reads `mmcli --bearer … --output-keyvalue` from standard input; answers with a file for
/// systemd-networkd.
pub(crate) fn run(arguments: &BearerArguments) -> Result<(), Failure> {
    let mut words = String::new();
    let read = std::io::stdin().take(WORDS_MAX).read_to_string(&mut words);
    read.map_err(|error| Failure::wrong("input", error, "give it what mmcli says of a bearer"))?;
    let text = file(&words, arguments.metric).map_err(|error| {
        let message = format!("the modem's connection cannot be used: {error}");
        Failure::not_well("bearer", message, "connect the modem")
    })?;
    console::say(text.trim_end());
    Ok(())
}

fn file(words: &str, metric: u32) -> Result<String, BearerError> {
    let value = |key: &str| {
        let lines = words.lines().filter_map(|it| it.split_once(" : "));
        let mut values = lines.filter(|(name, _)| name.trim() == key).map(|it| it.1.trim());
        values.find(|it| !it.is_empty() && *it != "--")
    };
    if value("bearer.status.connected") != Some("yes") {
        return Err(BearerError::NotConnected);
    }
    let interface = value("bearer.status.interface").unwrap_or_default();
    let known = |it: char| it.is_ascii_alphanumeric() || "-_.".contains(it);
    if !(1..=15).contains(&interface.len()) || !interface.chars().all(known) {
        return Err(BearerError::NoInterface(interface.to_owned()));
    }
    let four = Family::read("ipv4", &value, |it| it.parse().map(IpAddr::V4).ok(), 32)?;
    let six = Family::read("ipv6", &value, |it| it.parse().map(IpAddr::V6).ok(), 128)?;
    if four.is_none() && six.is_none() {
        return Err(BearerError::Method("nothing".to_owned()));
    }
    Ok(compose(interface, metric, four.as_ref(), six.as_ref()))
}

/// What one version of the Internet Protocol was given.
struct Family {
    /// With its prefix; none where the modem answers DHCP.
    address: Option<(IpAddr, u8)>,
    gateway: Option<IpAddr>,
    servers: Vec<IpAddr>,
    mtu_bytes: Option<u16>,
}

impl Family {
    fn read<'a>(
        name: &'static str,
        value: &impl Fn(&str) -> Option<&'a str>,
        parse: impl Fn(&str) -> Option<IpAddr>,
        longest: u8,
    ) -> Result<Option<Self>, BearerError> {
        let of = |key: &str| value(&format!("bearer.{name}-config.{key}"));
        let fixed = match of("method") {
            None | Some("unknown") => return Ok(None),
            Some("static") => true,
            Some("dhcp") => false,
            Some(other) => return Err(BearerError::Method(other.to_owned())),
        };
        let wrong = |what, text: &str| BearerError::Value(what, text.to_owned());
        let address = |what, key: &str| {
            let parsed = |text| parse(text).ok_or_else(|| wrong(what, text));
            of(key).map(parsed).transpose()
        };
        let own = address("address", "address")?.filter(|_| fixed);
        let prefix = of("prefix").unwrap_or_default();
        let own = own.map(|own| match prefix.parse() {
            Ok(prefix) if prefix <= longest => Ok((own, prefix)),
            _ => Err(wrong("prefix", prefix)),
        });
        let own = own.transpose()?;
        if fixed && own.is_none() {
            return Err(wrong("address", ""));
        }
        let servers = (1..=4).filter_map(|at| of(&format!("dns.value[{at}]")));
        let mtu = of("mtu").map(|it| it.parse().map_err(|_| wrong("MTU", it)));
        Ok(Some(Self {
            address: own,
            gateway: address("gateway", "gateway")?.filter(|it| !it.is_unspecified()),
            servers: servers.filter_map(&parse).collect(),
            mtu_bytes: mtu.transpose()?.filter(|it| *it >= 576),
        }))
    }
}

fn compose(interface: &str, metric: u32, four: Option<&Family>, six: Option<&Family>) -> String {
    let mut text = format!("[Match]\nName={interface}\n\n[Link]\nRequiredForOnline=no\n");
    let families = || four.into_iter().chain(six);
    // Writing to a String does not fail.
    if let Some(mtu) = families().filter_map(|it| it.mtu_bytes).min() {
        let _ = writeln!(text, "MTUBytes={mtu}");
    }
    let by_dhcp = four.is_some_and(|it| it.address.is_none());
    // A network that names no router for IPv6 announces one.
    let announced = six.is_some_and(|it| it.address.is_none() || it.gateway.is_none());
    let dhcp = if by_dhcp { "ipv4" } else { "no" };
    let accept = if announced { "yes" } else { "no" };
    let _ = writeln!(text, "\n[Network]\nDHCP={dhcp}\nIPv6AcceptRA={accept}");
    let _ = writeln!(text, "LinkLocalAddressing={}", if announced { "ipv6" } else { "no" });
    for family in families() {
        if let Some((address, prefix)) = family.address {
            let _ = writeln!(text, "Address={address}/{prefix}");
        }
        for server in &family.servers {
            let _ = writeln!(text, "DNS={server}");
        }
    }
    for family in families().filter(|it| it.address.is_some()) {
        let way = match (family.gateway, family.address) {
            (Some(gateway), _) => format!("Gateway={gateway}\nGatewayOnLink=yes"),
            // The interface has one other end.
            (None, Some((IpAddr::V4(_), _))) => "Destination=0.0.0.0/0".to_owned(),
            (None, _) => continue,
        };
        let _ = writeln!(text, "\n[Route]\n{way}\nMetric={metric}");
    }
    for (holds, section) in [(by_dhcp, "DHCPv4"), (announced, "IPv6AcceptRA")] {
        if holds {
            let _ = writeln!(text, "\n[{section}]\nRouteMetric={metric}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONNECTED: &str = "\
bearer.dbus-path                         : /org/freedesktop/ModemManager1/Bearer/1
bearer.status.connected                  : yes
bearer.status.interface                  : wwan0
bearer.properties.apn                    : hall.example
bearer.properties.password               : --
bearer.ipv4-config.method                : static
bearer.ipv4-config.address               : 198.51.100.33
bearer.ipv4-config.prefix                : 30
bearer.ipv4-config.gateway               : 198.51.100.34
bearer.ipv4-config.dns.length            : 2
bearer.ipv4-config.dns.value[1]          : 192.0.2.1
bearer.ipv4-config.dns.value[2]          : 192.0.2.2
bearer.ipv4-config.mtu                   : 1430
";
    const SIX: &str = "\
bearer.ipv6-config.method                : static
bearer.ipv6-config.address               : 2001:db8::1
bearer.ipv6-config.prefix                : 64
bearer.ipv6-config.gateway               : --
";

    #[test]
    fn a_fixed_address_comes_with_its_route() {
        let expected = "[Match]\nName=wwan0\n\n[Link]\nRequiredForOnline=no\nMTUBytes=1430\n\n\
                        [Network]\nDHCP=no\nIPv6AcceptRA=no\nLinkLocalAddressing=no\n\
                        Address=198.51.100.33/30\nDNS=192.0.2.1\nDNS=192.0.2.2\n\n\
                        [Route]\nGateway=198.51.100.34\nGatewayOnLink=yes\nMetric=300\n";
        assert_eq!(file(CONNECTED, 300).as_deref(), Ok(expected));
    }

    #[test]
    fn without_a_router_the_interface_itself_leads_out() {
        let text = file(&CONNECTED.replace("198.51.100.34", "--"), 300).expect("it can be used");
        assert!(text.ends_with("\n[Route]\nDestination=0.0.0.0/0\nMetric=300\n"), "{text}");
    }

    #[test]
    fn both_versions_stand_beside_each_other() {
        let text = file(&format!("{CONNECTED}{SIX}"), 300).expect("it can be used");
        assert!(text.contains("Address=198.51.100.33/30\n"), "{text}");
        assert!(text.contains("Address=2001:db8::1/64\n"), "{text}");
        assert!(text.contains("IPv6AcceptRA=yes\nLinkLocalAddressing=ipv6\n"), "{text}");
        assert!(text.ends_with("\n[IPv6AcceptRA]\nRouteMetric=300\n"), "{text}");
    }

    #[test]
    fn a_modem_that_answers_dhcp_is_asked() {
        let text = file(&CONNECTED.replace("static", "dhcp"), 100).expect("it can be used");
        assert!(text.contains("DHCP=ipv4\n") && !text.contains("Address="), "{text}");
        assert!(text.ends_with("\n[DHCPv4]\nRouteMetric=100\n"), "{text}");
    }

    #[test]
    fn what_cannot_be_set_up_is_told() {
        let no = BearerError::Value("address", "somewhere".to_owned());
        for (from, to, expected) in [
            (": yes", ": no", BearerError::NotConnected),
            ("wwan0", "--", BearerError::NoInterface(String::new())),
            ("wwan0", "a/../b", BearerError::NoInterface("a/../b".to_owned())),
            ("static", "ppp", BearerError::Method("ppp".to_owned())),
            ("static", "unknown", BearerError::Method("nothing".to_owned())),
            ("198.51.100.33", "somewhere", no),
            (" : 30", " : 33", BearerError::Value("prefix", "33".to_owned())),
        ] {
            assert_eq!(file(&CONNECTED.replace(from, to), 300), Err(expected), "{to}");
        }
    }
}
