using System.Buffers.Binary;
using System.IO.Pipelines;
using ConnectAgent.Hosting;
using ConnectAgent.Http.Wire;
using FluentAssertions;
using Microsoft.AspNetCore.Connections;
using Xunit;

namespace ConnectAgent.Tests.Hosting;

/// <summary>FA-1 over HTTP/2: a head of several frames takes a place until it is whole, and trailers end the connection (RFC 9113 section 6.2, 6.10).</summary>
public sealed class Http2HeadsTests
{
    private const byte Data = 0;
    private const byte Headers = 1;
    private const byte Continuation = 9;
    private const byte EndOfStream = 1;
    private const byte EndOfHeaders = 4;
    private readonly Pipe _input = new(new PipeOptions(pauseWriterThreshold: 0));
    private readonly LargeRequests _places = new();
    private readonly List<string> _aborted = [];
    private readonly Http2Heads _heads;
    private int _large;

    public Http2HeadsTests() => _heads = new Http2Heads(new Duplex(_input.Reader, new Pipe().Writer), _places, _aborted.Add, () => _large++);

    public static TheoryData<int> Pieces => [1, 7, 9, 100_000];

    [Theory]
    [MemberData(nameof(Pieces))] // however the bytes come
    public async Task FA_1_A_head_of_several_frames_takes_a_place_until_it_is_whole(int piece)
    {
        await SendAsync(new byte[24], piece);
        await SendAsync(Frame(Headers, EndOfHeaders | EndOfStream, 1, 300), piece);
        _places.Held.Should().Be(0, "it is whole");
        await SendAsync(Frame(Headers, EndOfStream, 3, 16_384), piece);
        _places.Held.Should().Be(1);
        await SendAsync(Frame(Continuation, 0, 3, 16_384), piece);
        _places.Held.Should().Be(1);
        _large.Should().Be(0);
        await SendAsync(Frame(Continuation, EndOfHeaders, 3, 0), piece);
        (_places.Held, _large).Should().Be((0, 1));
        await SendAsync(Frame(Data, EndOfHeaders, 3, 70_000), piece);
        await SendAsync(Frame(Headers, 0, 5, 1), piece);
        _places.Held.Should().Be(1);
        _heads.End();
        _heads.End();
        (_places.Held, _aborted.Count).Should().Be((0, 0));
    }

    [Fact]
    public async Task FA_1_A_head_of_several_frames_ends_the_connection_when_no_place_is_left()
    {
        while (_places.TryTake())
        {
            // Until none is left.
        }

        await SendAsync(new byte[24]);
        await SendAsync(Frame(Headers, EndOfHeaders, 1, 300));
        _aborted.Should().BeEmpty();
        await AbortedAsync(Frame(Headers, 0, 3, 300));
        _aborted.Should().Equal("http.large_requests");
        _heads.End();
        _places.Held.Should().Be(LargeRequests.Most, "it had none to give back");
    }

    [Fact]
    public async Task FA_1_Trailers_end_the_connection()
    {
        await SendAsync(new byte[24]);
        await SendAsync(Frame(Headers, EndOfHeaders, 1, 300));
        await SendAsync(Frame(Headers, EndOfHeaders, 3, 300));
        _aborted.Should().BeEmpty();
        await AbortedAsync(Frame(Headers, EndOfHeaders | EndOfStream, 1, 300));
        _aborted.Should().Equal("http.trailers");
    }

    [Fact] // the web server may leave what it has seen, and read it again
    public async Task What_is_not_used_is_looked_at_once()
    {
        await SendAsync(new byte[24]);
        var frame = Frame(Headers, EndOfHeaders, 1, 300);
        await _input.Writer.WriteAsync(frame.AsMemory(0, 200));
        var read = await _heads.Input.ReadAsync();
        _heads.Input.AdvanceTo(read.Buffer.GetPosition(5), read.Buffer.End);
        await _input.Writer.WriteAsync(frame.AsMemory(200));
        read = await _heads.Input.ReadAsync();
        read.Buffer.Length.Should().Be(frame.Length - 5);
        _heads.Input.AdvanceTo(read.Buffer.End);
        await SendAsync(Frame(Headers, 0, 3, 1));
        (_places.Held, _aborted.Count).Should().Be((1, 0));
    }

    private static byte[] Frame(byte type, int flags, uint stream, int length)
    {
        var frame = new byte[9 + length];
        BinaryPrimitives.WriteUInt32BigEndian(frame, (uint)length << 8);
        (frame[3], frame[4]) = (type, (byte)flags);
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(5), stream | 0x8000_0000);
        frame.AsSpan(9).Fill(Headers);
        return frame;
    }

    // The web server sees nothing of it.
    private Task AbortedAsync(byte[] frame) => FluentActions.Awaiting(() => SendAsync(frame)).Should().ThrowAsync<ConnectionAbortedException>();

    private async Task SendAsync(byte[] bytes, int piece = int.MaxValue)
    {
        foreach (var part in bytes.Chunk(piece))
        {
            await _input.Writer.WriteAsync(part);
            var read = await _heads.Input.ReadAsync();
            _heads.Input.AdvanceTo(read.Buffer.End);
        }
    }

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
