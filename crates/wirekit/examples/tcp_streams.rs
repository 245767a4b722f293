//! Prints what the connections of a capture say: `tcp_streams FILE.pcap`, of Ethernet. `pcap-parser` reads the file,
//! `etherparse` the link and IP, and the table follows the connections.

use core::{error::Error, net::IpAddr, time::Duration};

use etherparse::{NetSlice, SlicedPacket, TransportSlice};
use wirekit::tcp::Segment;
use wirekit::tcp::flow::{Config, Ends, Event, Flow, Table};
use wirekit::tcp::reassembly::{Event::Data, Origin};

fn main() -> Result<(), Box<dyn Error>> {
    let file = std::fs::read(std::env::args_os().nth(1).ok_or("which file?")?)?;
    let capture = pcap_parser::PcapCapture::from_file(&file).map_err(|error| error.to_string())?;
    let mut table: Table<()> = Table::new(Config::DEFAULT);
    for (packet, block) in (1..).zip(&capture.blocks) {
        let time = Duration::new(block.ts_sec.into(), block.ts_usec * 1000);
        if let Some((ends, segment)) = segment(block.data) {
            table.receive(Origin { packet, time }, ends, &segment, print);
        }
    }
    table.finish(print);
    Ok(())
}

fn segment(packet: &[u8]) -> Option<(Ends, Segment<'_>)> {
    let packet = SlicedPacket::from_ethernet(packet).ok()?;
    let Some(TransportSlice::Tcp(tcp)) = packet.transport else {
        return None;
    };
    let (source, destination): (IpAddr, IpAddr) = match packet.net.as_ref()? {
        NetSlice::Ipv4(ip) => (
            ip.header().source_addr().into(),
            ip.header().destination_addr().into(),
        ),
        NetSlice::Ipv6(ip) => (
            ip.header().source_addr().into(),
            ip.header().destination_addr().into(),
        ),
        NetSlice::Arp(_) => return None,
    };
    let ends = Ends::new(
        (source, tcp.source_port()).into(),
        (destination, tcp.destination_port()).into(),
    );
    Some((ends, Segment::parse(tcp.slice()).ok()?))
}

fn print(flow: &mut Flow<()>, event: Event<'_>) {
    let number = flow.number();
    match event {
        Event::Opened => println!("{number}: {} asks {}", flow.client(), flow.server()),
        Event::Stream {
            event: Data(data),
            origin,
            ..
        } => {
            let text = String::from_utf8_lossy(data);
            let line = text.lines().next().unwrap_or_default();
            println!("{number}: packet {}: {line}", origin.packet);
        }
        Event::Gone(gone) => println!("{number}: {gone:?}"),
        _ => {}
    }
}
