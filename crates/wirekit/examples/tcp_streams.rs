//! Prints what the connections of a capture say: `tcp_streams FILE.pcap`, of Ethernet. `pcap-parser` reads the file,
//! `etherparse` the link and IP, and the table follows the connections.

use core::{error::Error, time::Duration};

use etherparse::{Ethernet2Slice, IpNumber, IpSlice};
use wirekit::tcp::Segment;
use wirekit::tcp::flow::{Config, Ends, Event, Flow, Table};
use wirekit::tcp::reassembly::Origin;

fn main() -> Result<(), Box<dyn Error>> {
    let file = std::fs::read(std::env::args_os().nth(1).ok_or("which file?")?)?;
    let capture = pcap_parser::PcapCapture::from_file(&file).map_err(|error| error.to_string())?;
    let mut table: Table = Table::new(Config::DEFAULT);
    for (packet, block) in (1..).zip(&capture.blocks) {
        let time = Duration::new(block.ts_sec.into(), block.ts_usec * 1000);
        if let Some((ends, segment)) = segment(block.data) {
            table.receive(Origin { packet, time }, ends, &segment, print);
        }
    }
    table.finish(print);
    Ok(())
}

fn segment(frame: &[u8]) -> Option<(Ends, Segment<'_>)> {
    let frame = Ethernet2Slice::from_slice_without_fcs(frame).ok()?;
    let ip = IpSlice::from_slice(frame.payload_slice()).ok()?;
    let is_tcp = ip.payload_ip_number() == IpNumber::TCP && !ip.is_fragmenting_payload();
    let segment = Segment::parse(is_tcp.then(|| ip.payload().payload)?).ok()?;
    let ends = Ends::of(&segment, ip.source_addr(), ip.destination_addr());
    Some((ends, segment))
}

fn print(flow: &mut Flow, event: Event<'_>) {
    match (event.data(), event) {
        (Some((_, data, at)), _) => println!("{flow} {}: {}", at.packet, data.escape_ascii()),
        (_, Event::Opened | Event::Gone(_)) => println!("{flow}: {event:?}"),
        _ => {}
    }
}
