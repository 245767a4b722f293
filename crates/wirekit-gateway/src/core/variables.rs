//! What the variables of a template are in a request.

use core::net::IpAddr;

use wirekit::http1::RequestHead;

use super::route::without_port;
use crate::config::{Template, Variable};

/// A request, as templates see it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Variables<'a> {
    pub(crate) remote: Option<IpAddr>,
    /// Of the certificate that the client showed.
    pub(crate) client_name: Option<&'a str>,
    pub(crate) head: &'a RequestHead<'a>,
    /// The host with its port, as the request has it.
    pub(crate) host: &'a str,
    pub(crate) query: Option<&'a str>,
}

impl Variables<'_> {
    /// The template's text for this request.
    pub(crate) fn expand(&self, template: &Template) -> Vec<u8> {
        let remote = self.remote.map(|remote| remote.to_canonical().to_string());
        let host = without_port(self.host.as_bytes()).to_ascii_lowercase();
        let path = path_of(self.head.target());
        template.expand(|variable| match variable {
            Variable::RemoteAddress => remote.as_ref().map(String::as_bytes),
            Variable::Host => Some(&host),
            Variable::Path => Some(path.as_bytes()),
            Variable::Query => self.query.map(str::as_bytes),
            Variable::Header(name) => self.head.fields().first(name),
            Variable::Cookie(name) => self.cookie(name),
            Variable::Argument(name) => self.argument(name),
            Variable::TlsClientName => self.client_name.map(str::as_bytes),
        })
    }

    fn cookie(&self, name: &str) -> Option<&[u8]> {
        let mut lines = self.head.fields().all("cookie");
        lines.find_map(|line| {
            line.split(|byte| *byte == b';').find_map(|pair| {
                let pair = pair.trim_ascii_start();
                pair.strip_prefix(name.as_bytes())?.strip_prefix(b"=")
            })
        })
    }

    fn argument(&self, name: &str) -> Option<&[u8]> {
        self.query?.split('&').find_map(|pair| {
            let value = pair.strip_prefix(name)?.strip_prefix('=')?;
            Some(value.as_bytes())
        })
    }
}

/// The path of a target as it came, in either form that has one: RFC 9112 section 3.2.
fn path_of(target: &str) -> &str {
    let path = target.split_once('?').map_or(target, |(path, _)| path);
    if path.starts_with('/') {
        return path;
    }
    let Some((_, rest)) = path.split_once("://") else {
        return path;
    };
    let slash = rest.find('/').and_then(|at| rest.get(at..));
    slash.unwrap_or("/")
}
