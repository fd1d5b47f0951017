//! The Internet Printing Protocol as bytes (RFC 8010): messages ↔ groups of attributes.
//!
//! A codec of our own, because a printer's answer must not be lost for one odd attribute in it:
//! values that are not understood are kept as bytes, texts that are no UTF-8 are read as far as
//! they are. Collections are not taken apart; their members stand as further values of their
//! attribute.

use std::fmt;

/// The longest answer that is understood; printers list all their media in some ten kilobytes.
pub const MESSAGE_BYTES_MAX: usize = 1 << 20;

/// Operations (RFC 8011).
pub mod operation {
    pub const PRINT_JOB: u16 = 0x0002;
    pub const CREATE_JOB: u16 = 0x0005;
    pub const SEND_DOCUMENT: u16 = 0x0006;
    pub const CANCEL_JOB: u16 = 0x0008;
    pub const GET_JOB_ATTRIBUTES: u16 = 0x0009;
    pub const GET_PRINTER_ATTRIBUTES: u16 = 0x000B;
}

/// Status codes of answers (RFC 8011).
pub mod status {
    pub const OK: u16 = 0x0000;
    pub const BAD_REQUEST: u16 = 0x0400;
    pub const NOT_POSSIBLE: u16 = 0x0404;
    pub const NOT_FOUND: u16 = 0x0406;
    pub const DOCUMENT_FORMAT_NOT_SUPPORTED: u16 = 0x040A;
    pub const OPERATION_NOT_SUPPORTED: u16 = 0x0501;
    pub const NOT_ACCEPTING_JOBS: u16 = 0x0506;
    pub const BUSY: u16 = 0x0507;

    /// Whether the operation was done, maybe with some attributes ignored.
    pub fn is_success(code: u16) -> bool {
        code < 0x0100
    }
}

/// Delimiters of groups.
pub mod group {
    pub const OPERATION: u8 = 0x01;
    pub const JOB: u8 = 0x02;
    pub const END: u8 = 0x03;
    pub const PRINTER: u8 = 0x04;
    pub(super) const LAST: u8 = 0x0F;
}

mod tag {
    pub(super) const INTEGER: u8 = 0x21;
    pub(super) const BOOLEAN: u8 = 0x22;
    pub(super) const ENUM: u8 = 0x23;
    pub(super) const TEXT_WITH_LANGUAGE: u8 = 0x35;
    pub(super) const NAME_WITH_LANGUAGE: u8 = 0x36;
    pub(super) const TEXT: u8 = 0x41;
    pub(super) const NAME: u8 = 0x42;
    pub(super) const KEYWORD: u8 = 0x44;
    pub(super) const URI: u8 = 0x45;
    pub(super) const CHARSET: u8 = 0x47;
    pub(super) const LANGUAGE: u8 = 0x48;
    pub(super) const MIME_TYPE: u8 = 0x49;
}

/// One value of an attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Integer(i32),
    Enum(i32),
    Boolean(bool),
    Text(String),
    Name(String),
    Keyword(String),
    Uri(String),
    Charset(String),
    Language(String),
    MimeType(String),
    /// Whatever else, with its tag: dates, ranges, collections and what is out of band.
    Other(u8, Vec<u8>),
}

/// An attribute of one or more values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    pub name: String,
    pub values: Vec<Value>,
}

/// A group of attributes with its delimiter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    pub delimiter: u8,
    pub attributes: Vec<Attribute>,
}

/// A request or an answer, without the document behind it.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    pub version: (u8, u8),
    /// The operation of a request, the status of an answer.
    pub code: u16,
    pub request_id: u32,
    pub groups: Vec<Group>,
}

/// Titles and names of users are in messages: `Debug` shows their size only.
impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let attributes: usize = self.groups.iter().map(|it| it.attributes.len()).sum();
        write!(f, "Message({:04x}, {attributes} attributes)", self.code)
    }
}

/// Bytes that are no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    #[error("the IPP message is cut off")]
    Short,
    #[error("the IPP message is longer than {MESSAGE_BYTES_MAX} bytes")]
    Long,
    #[error("the IPP message has an attribute outside of a group, or a further value of none")]
    Order,
}

impl Value {
    /// The number of integers and enumerations.
    pub fn number(&self) -> Option<i32> {
        match self {
            Self::Integer(it) | Self::Enum(it) => Some(*it),
            _ => None,
        }
    }

    /// The text of whatever has one.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(it)
            | Self::Name(it)
            | Self::Keyword(it)
            | Self::Uri(it)
            | Self::Charset(it)
            | Self::Language(it)
            | Self::MimeType(it) => Some(it),
            _ => None,
        }
    }

    fn tag(&self) -> u8 {
        match self {
            Self::Integer(_) => tag::INTEGER,
            Self::Enum(_) => tag::ENUM,
            Self::Boolean(_) => tag::BOOLEAN,
            Self::Text(_) => tag::TEXT,
            Self::Name(_) => tag::NAME,
            Self::Keyword(_) => tag::KEYWORD,
            Self::Uri(_) => tag::URI,
            Self::Charset(_) => tag::CHARSET,
            Self::Language(_) => tag::LANGUAGE,
            Self::MimeType(_) => tag::MIME_TYPE,
            Self::Other(tag, _) => *tag,
        }
    }

    fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Integer(it) | Self::Enum(it) => it.to_be_bytes().to_vec(),
            Self::Boolean(it) => vec![u8::from(*it)],
            Self::Other(_, bytes) => bytes.clone(),
            _ => self.text().unwrap_or_default().as_bytes().to_vec(),
        }
    }

    fn decode(tag: u8, bytes: &[u8]) -> Self {
        let text = || String::from_utf8_lossy(bytes).into_owned();
        match (tag, bytes) {
            (tag::INTEGER, [a, b, c, d]) => Self::Integer(i32::from_be_bytes([*a, *b, *c, *d])),
            (tag::ENUM, [a, b, c, d]) => Self::Enum(i32::from_be_bytes([*a, *b, *c, *d])),
            (tag::BOOLEAN, [it @ (0 | 1)]) => Self::Boolean(*it == 1),
            (tag::TEXT, _) => Self::Text(text()),
            (tag::NAME, _) => Self::Name(text()),
            (tag::KEYWORD, _) => Self::Keyword(text()),
            (tag::URI, _) => Self::Uri(text()),
            (tag::CHARSET, _) => Self::Charset(text()),
            (tag::LANGUAGE, _) => Self::Language(text()),
            (tag::MIME_TYPE, _) => Self::MimeType(text()),
            (tag::TEXT_WITH_LANGUAGE | tag::NAME_WITH_LANGUAGE, _) => match without_language(bytes)
            {
                Some(it) => Self::Text(it),
                None => Self::Other(tag, bytes.to_vec()),
            },
            _ => Self::Other(tag, bytes.to_vec()),
        }
    }
}

/// Both a language and a text, each behind its length of two bytes.
fn without_language(bytes: &[u8]) -> Option<String> {
    let mut reader = Reader(bytes);
    reader.field().ok()?;
    let text = reader.field().ok()?;
    Some(String::from_utf8_lossy(text).into_owned())
}

impl Group {
    /// A group of no attributes yet.
    pub fn new(delimiter: u8) -> Self {
        Self { delimiter, attributes: Vec::new() }
    }

    /// The same group with one more attribute of one value.
    pub fn with(self, name: &str, value: Value) -> Self {
        self.with_all(name, vec![value])
    }

    /// The same group with one more attribute; of no value it is left out.
    pub fn with_all(mut self, name: &str, values: Vec<Value>) -> Self {
        if !values.is_empty() {
            self.attributes.push(Attribute { name: name.to_owned(), values });
        }
        self
    }
}

impl Message {
    /// A request or an answer of version 2.0 in UTF-8 and English. More operation attributes go
    /// into its first group.
    pub fn new(code: u16, request_id: u32) -> Self {
        let first = Group::new(group::OPERATION)
            .with("attributes-charset", Value::Charset("utf-8".into()))
            .with("attributes-natural-language", Value::Language("en".into()));
        Self { version: (2, 0), code, request_id, groups: vec![first] }
    }

    /// The same message with one more operation attribute.
    pub fn with(mut self, name: &str, value: Value) -> Self {
        if let Some(first) = self.groups.first_mut() {
            first.attributes.push(Attribute { name: name.to_owned(), values: vec![value] });
        }
        self
    }

    /// The values of an attribute in the first group that has it; none where it is missing.
    pub fn values(&self, delimiter: u8, name: &str) -> &[Value] {
        let groups = self.groups.iter().filter(|it| it.delimiter == delimiter);
        let mut attributes = groups.flat_map(|it| &it.attributes);
        attributes.find(|it| it.name == name).map_or(&[], |it| &it.values)
    }

    /// The first value of an attribute.
    pub fn value(&self, delimiter: u8, name: &str) -> Option<&Value> {
        self.values(delimiter, name).first()
    }

    /// The number of an attribute.
    pub fn number(&self, delimiter: u8, name: &str) -> Option<i32> {
        self.value(delimiter, name).and_then(Value::number)
    }

    /// All texts of an attribute.
    pub fn texts(&self, delimiter: u8, name: &str) -> impl Iterator<Item = &str> {
        self.values(delimiter, name).iter().filter_map(Value::text)
    }

    /// The message on the wire. Names and values are cut at 32,767 bytes, which none reaches.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![self.version.0, self.version.1];
        bytes.extend(self.code.to_be_bytes());
        bytes.extend(self.request_id.to_be_bytes());
        for group in &self.groups {
            bytes.push(group.delimiter);
            for attribute in &group.attributes {
                for (index, value) in attribute.values.iter().enumerate() {
                    bytes.push(value.tag());
                    // Only the first value has the name.
                    put_field(&mut bytes, if index == 0 { attribute.name.as_bytes() } else { &[] });
                    put_field(&mut bytes, &value.bytes());
                }
            }
        }
        bytes.push(group::END);
        bytes
    }

    /// Understands a message; gives also where the document behind it begins.
    pub fn decode(bytes: &[u8]) -> Result<(Self, usize), DecodeError> {
        let mut reader = Reader(bytes);
        let [major, minor] = reader.array()?;
        let code = u16::from_be_bytes(reader.array()?);
        let request_id = u32::from_be_bytes(reader.array()?);
        let mut groups: Vec<Group> = Vec::new();
        loop {
            if bytes.len() - reader.0.len() > MESSAGE_BYTES_MAX {
                return Err(DecodeError::Long);
            }
            let [tag] = reader.array()?;
            if tag == group::END {
                break;
            }
            if tag <= group::LAST {
                groups.push(Group::new(tag));
                continue;
            }
            let name = reader.field()?;
            let value = Value::decode(tag, reader.field()?);
            let attributes = &mut groups.last_mut().ok_or(DecodeError::Order)?.attributes;
            if name.is_empty() {
                attributes.last_mut().ok_or(DecodeError::Order)?.values.push(value);
            } else {
                let name = String::from_utf8_lossy(name).into_owned();
                attributes.push(Attribute { name, values: vec![value] });
            }
        }
        let message = Self { version: (major, minor), code, request_id, groups };
        Ok((message, bytes.len() - reader.0.len()))
    }
}

fn put_field(bytes: &mut Vec<u8>, field: &[u8]) {
    const FIELD_BYTES_MAX: usize = 0x7FFF;
    let field = &field[..field.len().min(FIELD_BYTES_MAX)];
    let length = u16::try_from(field.len()).expect("cut to what fits");
    bytes.extend(length.to_be_bytes());
    bytes.extend(field);
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let (array, rest) = self.0.split_first_chunk().ok_or(DecodeError::Short)?;
        self.0 = rest;
        Ok(*array)
    }

    /// Bytes behind their length of two bytes.
    fn field(&mut self) -> Result<&'a [u8], DecodeError> {
        let length = u16::from_be_bytes(self.array()?);
        let (field, rest) = self.0.split_at_checked(length.into()).ok_or(DecodeError::Short)?;
        self.0 = rest;
        Ok(field)
    }
}
