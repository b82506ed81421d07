using System.IO.Pipelines;
using ConnectAgent.Http.Wire;
using ConnectAgent.Testing;
using FluentAssertions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Xunit;

namespace ConnectAgent.Tests.Http.Wire;

/// <summary>FA-10: a body makes progress, and one that is not long is whole within a minute.</summary>
public sealed class PacedBodyTests
{
    private readonly ManualTimeProvider _clock = new();
    private readonly Pipe _sender = new(new PipeOptions(pauseWriterThreshold: 0));
    private readonly DefaultHttpContext _context = new();
    private readonly Bound _bound = new() { MaxRequestBodySize = RequestBody.Longest + 1 };
    private readonly byte[] _buffer = new byte[RequestBody.Longest];

    public PacedBodyTests()
    {
        _context.Features.Set<IRequestBodyPipeFeature>(new Arriving(_sender.Reader));
        _context.Features.Set<IHttpRequestBodyDetectionFeature>(new Detection());
        _context.Features.Set<IHttpMaxRequestBodySizeFeature>(_bound);
        PacedBody.Guard(_context, _clock);
    }

    [Fact]
    public async Task FA_10_Nothing_for_five_seconds_is_too_slow()
    {
        var read = ReadAsync();
        _clock.Advance(PacedBody.Grace - TimeSpan.FromTicks(1));
        read.IsCompleted.Should().BeFalse();
        _clock.Advance(TimeSpan.FromTicks(1));
        await IsRefusedAsync(read, "http.body_rate");
        _context.Response.Headers.Connection.ToString().Should().Be("close");
    }

    [Fact] // the web server complains of a read that is broken off by a token
    public async Task Whoever_is_gone_ends_the_read_and_what_is_left_can_be_read()
    {
        using var gone = new CancellationTokenSource();
        var read = _context.Request.Body.ReadAsync(_buffer, gone.Token);
        await gone.CancelAsync();
        await FluentActions.Awaiting(async () => await read).Should().ThrowAsync<OperationCanceledException>();
        await _sender.Writer.WriteAsync(new byte[3].AsMemory());
        _sender.Reader.TryRead(out var left).Should().BeTrue();
        left.Buffer.Length.Should().Be(3);
    }

    [Fact]
    public async Task FA_10_A_burst_does_not_buy_silence()
    {
        await _sender.Writer.WriteAsync(new byte[500_000].AsMemory());
        (await ReadAsync()).Should().Be(500_000);
        var read = ReadAsync();
        _clock.Advance(PacedBody.Grace);
        await IsRefusedAsync(read, "http.body_rate");
    }

    [Fact]
    public async Task FA_10_Half_the_rate_uses_up_the_grace_in_twice_its_time()
    {
        for (var second = 0; second < 8; second++)
        {
            (await ReadAfterASecondAsync(PacedBody.SlowestRate / 2)).Should().Be(PacedBody.SlowestRate / 2);
        }

        var last = ReadAsync();
        _clock.Advance(TimeSpan.FromSeconds(1));
        await IsRefusedAsync(last, "http.body_rate");
    }

    [Fact]
    public async Task FA_10_A_body_that_is_not_long_is_whole_within_a_minute_however_steadily_it_comes()
    {
        for (var second = 0; second < 59; second++)
        {
            await ReadAfterASecondAsync(2 * PacedBody.SlowestRate);
        }

        var last = ReadAsync();
        _clock.Advance(TimeSpan.FromSeconds(1));
        await IsRefusedAsync(last, "http.body_time");
        await IsRefusedAsync(ReadAsync(), "http.body_time");
    }

    [Fact]
    public async Task FA_10_A_body_that_may_be_long_has_the_rate_alone()
    {
        _bound.MaxRequestBodySize = ConnectAgent.State.Snapshots.SnapshotUnpacking.Longest;
        for (var second = 0; second < 120; second++)
        {
            await ReadAfterASecondAsync(PacedBody.SlowestRate);
        }

        var last = ReadAsync();
        _clock.Advance(PacedBody.Grace);
        await IsRefusedAsync(last, "http.body_rate");
    }

    [Fact]
    public async Task FA_10_The_time_between_two_looks_is_not_the_senders()
    {
        _bound.MaxRequestBodySize = null;
        await _sender.Writer.WriteAsync(new byte[1].AsMemory());
        (await ReadAsync()).Should().Be(1);
        _clock.Advance(TimeSpan.FromHours(1));
        (await ReadAfterASecondAsync(1)).Should().Be(1);
    }

    [Fact] // the web server reads what is left, or closes, and complains of no read that is still under way
    public async Task FA_10_A_body_that_is_too_slow_can_still_be_read_by_the_web_server()
    {
        var read = ReadAsync();
        _clock.Advance(PacedBody.Grace);
        await IsRefusedAsync(read, "http.body_rate");
        await _sender.Writer.WriteAsync(new byte[1].AsMemory());
        _sender.Reader.TryRead(out var left).Should().BeTrue();
        left.Buffer.Length.Should().Be(1);
    }

    [Fact]
    public async Task A_caller_who_leaves_is_no_slow_one()
    {
        using var left = new CancellationTokenSource();
        var read = _context.Request.Body.ReadAsync(_buffer, left.Token).AsTask();
        await left.CancelAsync();
        await read.Invoking(task => task).Should().ThrowAsync<OperationCanceledException>();
    }

    private async Task<int> ReadAfterASecondAsync(int bytes)
    {
        var read = ReadAsync();
        _clock.Advance(TimeSpan.FromSeconds(1));
        await _sender.Writer.WriteAsync(new byte[bytes].AsMemory());
        return await read;
    }

    private Task<int> ReadAsync() => _context.Request.Body.ReadAsync(_buffer, CancellationToken.None).AsTask();

    private static async Task IsRefusedAsync(Task read, string limit)
    {
        var refused = (await read.Invoking(task => task).Should().ThrowAsync<WireException>()).Which;
        (refused.Status, refused.Limit).Should().Be((408, limit));
    }

    private sealed class Detection : IHttpRequestBodyDetectionFeature
    {
        public bool CanHaveBody => true;
    }

    private sealed class Bound : IHttpMaxRequestBodySizeFeature
    {
        public bool IsReadOnly => false;

        public long? MaxRequestBodySize { get; set; }
    }
}
