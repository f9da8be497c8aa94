//! The proxy that the environment names.

use std::ffi::OsString;

use ureq::{Proxy, ProxyProtocol};

use crate::data::Unusable;

/// The variables that name a proxy for downloads; the first that is set decides.
const USED: [&str; 6] = ["ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"];

/// The variables that name a proxy for other protocols only.
const UNUSED: [&str; 4] = ["SOCKS_PROXY", "socks_proxy", "FTP_PROXY", "ftp_proxy"];

/// The proxy of downloads, if `variable` names one. A named proxy is never bypassed.
pub fn of_environment(variable: impl Fn(&str) -> Option<OsString>) -> Result<Option<Proxy>, Unusable> {
    let is_set = |name: &&str| variable(name).is_some_and(|value| !value.is_empty());
    let Some(name) = USED.into_iter().find(is_set) else {
        return match UNUSED.into_iter().find(is_set) {
            Some(variable) => Err(Unusable { variable, reason: "one for another protocol".to_owned() }),
            None => Ok(None),
        };
    };
    let unusable = |reason: String| Unusable { variable: name, reason };
    let value = variable(name).and_then(|value| value.into_string().ok());
    let proxy = value.as_deref().and_then(|value| Proxy::new(value).ok());
    match proxy.as_ref().map(Proxy::protocol) {
        // The same proxy, with the exceptions of NO_PROXY.
        Some(ProxyProtocol::Http | ProxyProtocol::Https) => Ok(Proxy::try_from_env().or(proxy)),
        Some(other) => Err(unusable(format!("{other:?}"))),
        None => Err(unusable(match value.as_deref().and_then(|value| value.split_once("://")) {
            Some((scheme, _)) if !scheme.starts_with("http") => format!("one of the form {scheme}://"),
            _ => "what is not a proxy's address".to_owned(),
        })),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(variables: &[(&str, &str)]) -> Result<Option<String>, String> {
        let value = |name: &str| {
            let known = variables.iter().find(|(known, _)| *known == name);
            known.map(|(_, value)| OsString::from(value))
        };
        let proxy = of_environment(value).map_err(|error| error.to_string())?;
        Ok(proxy.map(|proxy| format!("{}:{}", proxy.host(), proxy.port())))
    }

    #[test]
    fn no_proxy_is_needed_and_an_empty_variable_names_none() {
        assert_eq!(named(&[]), Ok(None));
        assert_eq!(named(&[("ALL_PROXY", ""), ("ftp_proxy", "")]), Ok(None));
    }

    #[test]
    fn a_proxy_that_cannot_be_used_is_refused_by_its_variable() {
        let refused = [
            ("ALL_PROXY", "socks5://me:secret@localhost:1080", "Socks5"),
            ("all_proxy", "socks4a://localhost", "Socks4A"),
            ("https_proxy", "ftp://me:secret@localhost", "ftp://"),
            ("HTTP_PROXY", "http://", "a proxy's address"),
            ("ftp_proxy", "http://localhost:3128", "another protocol"),
        ];
        for (variable, value, reason) in refused {
            let error = named(&[(variable, value)]).unwrap_err();
            assert!(error.starts_with(variable) && error.contains(reason), "{error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn a_proxy_for_another_protocol_is_ignored_if_there_is_one_for_downloads() {
        let both = [("ftp_proxy", "ftp://localhost"), ("HTTPS_PROXY", "http://127.0.0.1:3128")];
        assert!(named(&both).unwrap().is_some());
        let first = [("ALL_PROXY", "socks5://localhost"), ("HTTPS_PROXY", "http://127.0.0.1:3128")];
        assert!(named(&first).is_err());
    }
}
