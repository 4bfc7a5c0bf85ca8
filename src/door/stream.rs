//! What goes through a connection, with the waits that end.

use super::connections::{Place, Turn};
use hyper::body::{Body, Bytes, Frame, SizeHint};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

/// For a request's body.
pub const BODY: Duration = Duration::from_secs(60);
/// For an answer of which not a byte is taken.
pub const STALLED: Duration = Duration::from_secs(60);
/// A connection whose other side takes what it is sent, in time.
#[derive(Debug)]
pub struct Watched<Io> {
    io: Io,
    stalled: Option<Pin<Box<Sleep>>>,
    /// The place is taken as long as the connection is there, whoever has it.
    _place: Arc<Place>,
}

impl<Io> Watched<Io> {
    /// Watches a connection, which keeps its place until it ends.
    pub fn new(io: Io, place: Arc<Place>) -> Watched<Io> {
        Watched {
            io,
            stalled: None,
            _place: place,
        }
    }

    /// Gives up what has been pending for too long.
    fn watch<T>(
        &mut self,
        context: &mut Context<'_>,
        poll: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if poll.is_ready() {
            self.stalled = None;
            return poll;
        }
        let stalled = self
            .stalled
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(STALLED)));
        match stalled.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl<Io: AsyncRead + Unpin> AsyncRead for Watched<Io> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(context, buffer)
    }
}

impl<Io: AsyncWrite + Unpin> AsyncWrite for Watched<Io> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let poll = Pin::new(&mut self.io).poll_write(context, bytes);
        self.watch(context, poll)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let poll = Pin::new(&mut self.io).poll_flush(context);
        self.watch(context, poll)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let poll = Pin::new(&mut self.io).poll_shutdown(context);
        self.watch(context, poll)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let poll = Pin::new(&mut self.io).poll_write_vectored(context, pieces);
        self.watch(context, poll)
    }
}

type Failed = Box<dyn std::error::Error + Send + Sync>;

/// A request's body, which is all there in time or fails.
#[derive(Debug)]
pub struct Asked<B> {
    body: B,
    until: Option<Pin<Box<Sleep>>>,
    turn: Arc<Turn>,
}

impl<B: Body> Asked<B> {
    pub(super) fn new(body: B, turn: Arc<Turn>) -> Asked<B> {
        let whole = body.is_end_stream();
        if whole {
            turn.begin();
        }
        let until = (!whole).then(|| Box::pin(tokio::time::sleep(BODY)));
        Asked { body, until, turn }
    }
}

impl<B> Body for Asked<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<Failed>,
{
    type Data = Bytes;
    type Error = Failed;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Failed>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) {
            if frame.is_none() || self.body.is_end_stream() {
                self.turn.begin();
            }
            return Poll::Ready(frame.map(|f| f.map_err(Into::into)));
        }
        match self
            .until
            .as_mut()
            .map(|until| until.as_mut().poll(context))
        {
            Some(Poll::Ready(())) => {
                let late = "the request's body did not come in time";
                Poll::Ready(Some(Err(
                    io::Error::new(io::ErrorKind::TimedOut, late).into()
                )))
            }
            _ => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// An answer's body: its connection is busy until it has gone out.
#[derive(Debug)]
pub struct Answer<B> {
    body: B,
    _turn: Arc<Turn>,
}

impl<B> Answer<B> {
    pub(super) fn new(body: B, turn: Arc<Turn>) -> Answer<B> {
        turn.begin();
        Answer { body, _turn: turn }
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for Answer<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
