using System.IO.Pipelines;
using ConnectAgent.Hosting;
using ConnectAgent.Testing;
using FluentAssertions;
using Microsoft.AspNetCore.Connections;
using Xunit;

namespace ConnectAgent.Tests.Hosting;

/// <summary>FA-10, http-conventions LIS-4: who finishes a handshake and then says nothing does not keep the connection.</summary>
public sealed class FirstByteTests
{
    private readonly ManualTimeProvider _clock = new();
    private readonly Pipe _client = new();
    private readonly DefaultConnectionContext _connection = new();
    private string? _served;

    public FirstByteTests() => _connection.Transport = new Duplex(_client.Reader, new Pipe().Writer);

    [Fact]
    public async Task FA_10_A_connection_without_a_first_byte_is_closed()
    {
        var closed = new TaskCompletionSource();
        await using var told = _connection.ConnectionClosed.Register(closed.SetResult);
        var guarded = Guard();
        _clock.Advance(TimeSpan.FromSeconds(5));
        await guarded;
        _served.Should().BeNull();
        await closed.Task.WaitAsync(TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task FA_10_A_connection_with_one_goes_on_with_all_of_it()
    {
        var guarded = Guard();
        _clock.Advance(TimeSpan.FromSeconds(4));
        await _client.Writer.WriteAsync("GET /"u8.ToArray());
        await guarded;
        _clock.Advance(TimeSpan.FromHours(1));
        _served.Should().Be("GET /");
        _connection.ConnectionClosed.IsCancellationRequested.Should().BeFalse();
    }

    [Fact] // a balancer that looks whether somebody listens, and resets
    public async Task A_connection_that_is_reset_before_its_first_byte_ends_without_a_word()
    {
        var guarded = Guard();
        await _client.Writer.CompleteAsync(new ConnectionResetException("reset"));
        await guarded;
        _served.Should().BeNull();
    }

    private Task Guard() => new FirstByte(TimeSpan.FromSeconds(5), _clock).Guard(async connection =>
    {
        var read = await connection.Transport.Input.ReadAsync();
        _served = System.Text.Encoding.ASCII.GetString(read.Buffer.FirstSpan);
    })(_connection);

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
