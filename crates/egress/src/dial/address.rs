//! Which addresses may be called.

use crate::error::{EgressError, Reach};
use lockkeeper_model::{Host, is_loopback_name, is_never_a_target};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Which addresses may be called besides public ones.
///
/// Link-local, metadata, multicast and unspecified addresses are never called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressPolicy {
    /// This machine, for endpoints that name it; also without encryption.
    pub loopback: bool,
    /// Private networks (RFC 1918, RFC 4193, RFC 6598); with [`AddressPolicy::loopback`] also names that resolve to this
    /// machine.
    pub private: bool,
}

impl AddressPolicy {
    /// What a program on someone's own machine may call.
    pub const PERSONAL: Self = Self { loopback: true, private: true };

    /// What a shared service may call on its users' behalf: the internet.
    pub const SHARED: Self = Self { loopback: false, private: false };

    /// Checks one address of a host.
    ///
    /// # Errors
    /// [`EgressError::RefusedAddress`].
    pub fn check(&self, host: &Host, address: IpAddr, encrypted: bool) -> Result<(), EgressError> {
        let named_so = match host {
            Host::Name(name) => is_loopback_name(name),
            Host::Address(address) => address.is_loopback(),
        };
        let reach = reach_of(address);
        let accepted = match reach {
            Reach::Never => false,
            Reach::Loopback => self.loopback && (named_so || self.private),
            // `localhost` means this machine, whatever a resolver says (RFC 6761 section 6.3), and only this machine is
            // called without encryption.
            Reach::Private => self.private && encrypted && !named_so,
            Reach::Public => encrypted && !named_so,
        };
        match accepted {
            true => Ok(()),
            false => Err(EgressError::RefusedAddress { host: host.to_string(), reach }),
        }
    }
}

/// How far away an address is; IPv4 addresses inside of IPv6 ones count as what they are.
pub fn reach_of(address: IpAddr) -> Reach {
    if is_never_a_target(address) {
        return Reach::Never;
    }
    match address {
        IpAddr::V4(address) => reach_of_v4(address),
        IpAddr::V6(address) => match embedded(address) {
            Some(v4) if is_never_a_target(IpAddr::V4(v4)) => Reach::Never,
            Some(v4) => reach_of_v4(v4),
            None if address.is_loopback() => Reach::Loopback,
            // Unique local, and the site-local addresses before them.
            None if matches!(address.segments()[0], 0xfc00..=0xfdff | 0xfec0..=0xfeff) => Reach::Private,
            None => Reach::Public,
        },
    }
}

fn reach_of_v4(address: Ipv4Addr) -> Reach {
    match address.octets() {
        [127, ..] => Reach::Loopback,
        // RFC 1918, RFC 6598, RFC 6890, RFC 2544, and the reserved class E.
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] | [100, 64..=127, ..] => Reach::Private,
        [192, 0, 0, _] | [198, 18..=19, ..] | [240..=255, ..] => Reach::Private,
        _ => Reach::Public,
    }
}

/// IPv4 mapped, compatible (long deprecated), by NAT64 (RFC 6052) and by 6to4 (RFC 3056).
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let segments = address.segments();
    let of = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    };
    match segments {
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] if high != 0 => Some(of(high, low)),
        [0, 0, 0, 0, 0xffff, 0, high, low] => Some(of(high, low)),
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => Some(of(high, low)),
        [0x64, 0xff9b, 1, _, _, _, high, low] => Some(of(high, low)),
        [0x2002, high, low, ..] => Some(of(high, low)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_classified() {
        let reach = |text: &str| reach_of(text.parse().unwrap());
        for text in [
            "169.254.169.254",
            "0.0.0.0",
            "::",
            "fe80::1",
            "::ffff:169.254.169.254",
            "2002:a9fe:a9fe::1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::a9fe:a9fe",
            "::169.254.169.254",
            "fd00:ec2::254",
            "224.0.0.1",
            "ff02::1",
        ] {
            assert_eq!(reach(text), Reach::Never, "{text}");
        }
        for text in ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"]
        {
            assert_eq!(reach(text), Reach::Loopback, "{text}");
        }
        for text in [
            "10.0.0.1",
            "172.31.0.1",
            "192.168.1.1",
            "100.64.0.1",
            "fc00::1",
            "fd12::1",
            "fec0::1",
            "::ffff:10.0.0.1",
            "2002:a00:1::1",
            "240.0.0.1",
            "198.18.0.1",
        ] {
            assert_eq!(reach(text), Reach::Private, "{text}");
        }
        for text in ["93.184.216.34", "172.32.0.1", "2606:2800:220:1::1", "100.128.0.1"] {
            assert_eq!(reach(text), Reach::Public, "{text}");
        }
    }

    /// L43: internal addresses, by policy; the metadata services never.
    #[test]
    fn l43_internal_addresses_are_refused() {
        let check = |policy: AddressPolicy, host: &str, address: &str, encrypted: bool| {
            let host = match host.parse() {
                Ok(address) => Host::Address(address),
                Err(_) => Host::Name(host.to_owned()),
            };
            policy.check(&host, address.parse().unwrap(), encrypted).is_ok()
        };
        let (personal, shared) = (AddressPolicy::PERSONAL, AddressPolicy::SHARED);
        assert!(!check(personal, "metadata.example", "169.254.169.254", true));
        assert!(
            check(personal, "es.example", "10.0.0.5", true) && !check(shared, "es.example", "10.0.0.5", true)
        );
        assert!(
            check(personal, "localhost", "127.0.0.1", false)
                && !check(shared, "localhost", "127.0.0.1", true)
        );
        assert!(check(personal, "::1", "::1", false) && !check(shared, "::1", "::1", true));
        assert!(!check(shared, "rebound.example", "127.0.0.1", true));
        // Neither a poisoned `localhost` nor an unencrypted call leaves this machine.
        assert!(!check(personal, "localhost", "93.184.216.34", true));
        assert!(
            !check(personal, "h.example", "93.184.216.34", false)
                && !check(personal, "h.example", "10.0.0.1", false)
        );
        assert!(check(shared, "h.example", "93.184.216.34", true));
        let no_private = AddressPolicy { loopback: true, private: false };
        assert!(!check(no_private, "rebound.example", "127.0.0.1", true));
    }
}
