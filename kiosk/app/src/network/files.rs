//! From settings to the files of those who carry them out: systemd.network(5), wpa_supplicant.conf(5),
//! and variables for the modem's script. Pure.

use super::settings::{Modem, Network, Way, Wifi};

/// A file of the folder that is written.
pub(super) struct NetworkFile {
    pub(super) name: &'static str,
    pub(super) text: String,
    /// For its reader alone.
    pub(super) secret: bool,
}

impl Network {
    /// The same three files for systemd-networkd whatever was set, so that none is left of former settings.
    pub(super) fn files(&self) -> Vec<NetworkFile> {
        let link =
            |way: Way| NetworkFile { name: link_name(way), text: self.link(way), secret: false };
        let mut files: Vec<NetworkFile> = Way::ALL.map(link).into();
        if let Some(wifi) = &self.wifi {
            let name = "wpa_supplicant.conf";
            files.push(NetworkFile { name, text: supplicant(wifi), secret: true });
        }
        if let (Some(modem), Some(metric)) = (&self.modem, self.metric(Way::Modem)) {
            let text = modem_variables(modem, metric);
            files.push(NetworkFile { name: "modem.env", text, secret: true });
        }
        files
    }

    /// The less the better, as the kernel has it; nothing for what is not used.
    fn metric(&self, way: Way) -> Option<usize> {
        self.order.iter().position(|it| *it == way).map(|at| (at + 1) * 100)
    }

    fn link(&self, way: Way) -> String {
        let mut text = format!("[Match]\nType={}\n", kind(way));
        if way == Way::Wire && !self.usb_adapters && self.metric(way).is_some() {
            text.push_str("Path=!*-usb-*\n");
        }
        text.push_str("\n[Link]\nRequiredForOnline=no\n");
        let Some(metric) = self.metric(way) else {
            text.push_str("ActivationPolicy=always-down\n");
            return text;
        };
        if way == Way::Modem {
            // ModemManager sets some up while they are down; once connected, a file of its own holds.
            text.push_str("ActivationPolicy=manual\n\n[Network]\nLinkLocalAddressing=no\n");
            text.push_str("IPv6AcceptRA=no\n");
            return text;
        }
        text.push_str("\n[Network]\nDHCP=yes\nLinkLocalAddressing=ipv6\n");
        for section in ["DHCPv4", "IPv6AcceptRA"] {
            text.push_str(&format!("\n[{section}]\nRouteMetric={metric}\n"));
        }
        text
    }
}

/// Names that come before the image's own file for the wire, which holds where none was written.
fn link_name(way: Way) -> &'static str {
    match way {
        Way::Wire => "20-hall24-wire.network",
        Way::Wifi => "20-hall24-wifi.network",
        Way::Modem => "20-hall24-modem.network",
    }
}

/// What `networkctl` shows under TYPE.
fn kind(way: Way) -> &'static str {
    match way {
        Way::Wire => "ether",
        Way::Wifi => "wlan",
        Way::Modem => "wwan",
    }
}

fn supplicant(wifi: &Wifi) -> String {
    let name: String = wifi.name.bytes().map(|it| format!("{it:02x}")).collect();
    // Inside quotes all signs stand for themselves, up to the line's last quote. Protected management
    // frames where the other side has them, as WPA3 demands; both ways to WPA3's password element.
    format!(
        "country={country}\nsae_pwe=2\n\nnetwork={{\n\tssid={name}\n\tscan_ssid=1\n\
         \tkey_mgmt=WPA-PSK WPA-PSK-SHA256 SAE\n\tieee80211w=1\n\tpsk=\"{passphrase}\"\n}}\n",
        country = wifi.country,
        passphrase = *wifi.passphrase,
    )
}

fn modem_variables(modem: &Modem, metric: usize) -> String {
    let mut text = format!("APN={}\nMETRIC={metric}\n", modem.apn);
    if let Some(pin) = &modem.pin {
        text.push_str(&format!("PIN={}\n", **pin));
    }
    text
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;

    fn network(order: &[Way]) -> Network {
        let wifi = Wifi {
            name: "大厅 1".to_owned(),
            country: "CN".to_owned(),
            passphrase: Zeroizing::new("a \"quoted\" # one".to_owned()),
        };
        let pin = Some(Zeroizing::new("1234".to_owned()));
        let modem = Modem { apn: "hall.example".to_owned(), pin };
        Network {
            order: order.to_vec(),
            usb_adapters: false,
            wifi: order.contains(&Way::Wifi).then_some(wifi),
            modem: order.contains(&Way::Modem).then_some(modem),
        }
    }

    fn text(network: &Network, name: &str) -> String {
        let file = network.files().into_iter().find(|it| it.name == name);
        file.unwrap_or_else(|| panic!("there is {name}")).text
    }

    #[test]
    fn the_order_is_that_of_the_metrics() {
        let network = network(&[Way::Modem, Way::Wire, Way::Wifi]);
        let wire = "[Match]\nType=ether\nPath=!*-usb-*\n\n[Link]\nRequiredForOnline=no\n\n\
                    [Network]\nDHCP=yes\nLinkLocalAddressing=ipv6\n\n\
                    [DHCPv4]\nRouteMetric=200\n\n[IPv6AcceptRA]\nRouteMetric=200\n";
        assert_eq!(text(&network, "20-hall24-wire.network"), wire);
        let any = Network { usb_adapters: true, ..network.clone() };
        assert_eq!(text(&any, "20-hall24-wire.network"), wire.replace("Path=!*-usb-*\n", ""));
        let wifi = wire.replace("ether\nPath=!*-usb-*", "wlan").replace("200", "300");
        assert_eq!(text(&network, "20-hall24-wifi.network"), wifi);
        assert_eq!(text(&network, "modem.env"), "APN=hall.example\nMETRIC=100\nPIN=1234\n");
    }

    #[test]
    fn what_is_not_in_the_order_is_left_down() {
        let network = network(&[Way::Wifi]);
        for (name, kind) in
            [("20-hall24-wire.network", "ether"), ("20-hall24-modem.network", "wwan")]
        {
            let down = format!(
                "[Match]\nType={kind}\n\n[Link]\nRequiredForOnline=no\nActivationPolicy=always-down\n"
            );
            assert_eq!(text(&network, name), down);
        }
        assert!(!network.files().iter().any(|it| it.name == "modem.env"));
        assert_eq!(Network::default().files().len(), 3);
    }

    #[test]
    fn a_name_in_any_script_and_a_passphrase_with_any_sign_reach_the_supplicant() {
        let text = text(&network(&[Way::Wifi]), "wpa_supplicant.conf");
        assert!(text.contains("\tssid=e5a4a7e58e852031\n"), "{text}");
        assert!(text.contains("\tpsk=\"a \"quoted\" # one\"\n"), "{text}");
        assert!(text.starts_with("country=CN\n"), "{text}");
    }

    #[test]
    fn only_what_holds_a_secret_is_one() {
        for file in network(&[Way::Wire, Way::Wifi, Way::Modem]).files() {
            let holds = file.text.contains("quoted") || file.text.contains("1234");
            assert_eq!(file.secret, holds, "{}", file.name);
        }
    }
}
