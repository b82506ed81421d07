using System.IO.Pipelines;
using ConnectAgent.Hosting;
using ConnectAgent.Http.Wire;
using FluentAssertions;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace ConnectAgent.Tests.Hosting;

/// <summary>FA-1: what comes in before a request is whole counts, also when the web server takes it over line by line.</summary>
public sealed class ArrivingHeadTests
{
    private const int Piece = 1024;
    private readonly Pipe _input = new();
    private readonly LargeRequests _places = new();
    private readonly ArrivingHead _head;
    private int _refused;
    private int _aborted;

    public ArrivingHeadTests()
    {
        _head = new ArrivingHead(
            new Duplex(_input.Reader, new Pipe().Writer),
            _places,
            () =>
            {
                _refused++;
                return Task.CompletedTask;
            },
            () => _aborted++);

        // So many that the first piece counts, too.
        for (var open = 1; open <= 64; open++)
        {
            _places.HasManyConnections.Should().BeFalse();
            _places.Open();
        }
    }

    [Fact]
    public async Task FA_1_A_head_of_many_lines_takes_a_place_until_it_is_answered()
    {
        for (var request = 0; request < 2; request++)
        {
            // Given: the first piece passes.
            await ReadAsync(1 + (2 * LargeRequests.From / Piece));
            _places.Held.Should().Be(0);

            // When
            await ReadAsync(1);

            // Then
            _places.Held.Should().Be(1);
            await ReadAsync(10);
            _places.Held.Should().Be(1);
            await _head.Output.FlushAsync();
            _places.Held.Should().Be(0);
        }

        _refused.Should().Be(0);
    }

    [Fact]
    public async Task FA_1_A_head_is_refused_when_no_place_is_left()
    {
        // Given
        TakeAll();

        // When
        await ReadAsync(1 + (2 * LargeRequests.From / Piece));
        _refused.Should().Be(0);
        await FluentActions.Awaiting(() => ReadAsync(1)).Should().ThrowAsync<ConnectionResetException>();

        // Then
        _refused.Should().Be(1);
        _head.End();
        _places.Held.Should().Be(LargeRequests.Most, "it had none to give back");
    }

    [Fact]
    public async Task FA_1_The_place_of_a_whole_head_is_the_requests()
    {
        // Given
        await ReadAsync(2 + (2 * LargeRequests.From / Piece));

        // When
        _head.Pause();
        _head.TakePlace().Should().BeTrue();

        // Then
        await ReadAsync(100);
        await _head.Output.FlushAsync();
        _head.End();
        _places.Held.Should().Be(1, "whoever took it over gives it back");
        _head.Resume();
        _head.TakePlace().Should().BeFalse();
    }

    [Fact] // a body of unknown length, and its trailers
    public async Task FA_1_A_body_that_is_counted_is_refused_by_whoever_reads_it()
    {
        TakeAll();
        _head.BeginBody();
        await ReadAsync(2 * LargeRequests.From / Piece);
        await _head.Output.FlushAsync();
        await ReadAsync(1);
        (await FluentActions.Awaiting(() => ReadAsync(1)).Should().ThrowAsync<BadHttpRequestException>("\"100 Continue\" is no answer")).Which.StatusCode.Should().Be(429);
        (_refused, _aborted).Should().Be((0, 0), "the request is not answered yet, and its answer is its handler's");
    }

    [Fact]
    public async Task FA_1_What_is_left_of_a_body_after_the_answer_ends_the_connection()
    {
        TakeAll();
        _head.BeginBody();
        await ReadAsync(10);
        _head.BeginAnswer();
        await _head.Output.FlushAsync();
        await ReadAsync(1 + (2 * LargeRequests.From / Piece));
        await FluentActions.Awaiting(() => ReadAsync(1)).Should().ThrowAsync<ConnectionAbortedException>();
        (_refused, _aborted).Should().Be((0, 1), "there is one answer to a request");
    }

    [Fact]
    public async Task FA_1_The_place_of_a_body_is_given_back_at_its_end()
    {
        _head.BeginBody();
        await ReadAsync(2 + (2 * LargeRequests.From / Piece));
        _places.Held.Should().Be(1);
        _head.EndBody();
        _places.Held.Should().Be(0);
    }

    [Fact] // hundreds of connections, each with a little less than it may
    public async Task FA_1_What_comes_in_on_all_connections_counts_together()
    {
        _places.Arrive(4 * 1024 * 1024);
        await ReadAsync(1);
        _places.Held.Should().Be(0, "nearly every head comes in one piece");
        await ReadAsync(1);
        _places.Held.Should().Be(1);
        await ReadAsync(3);
        await _head.Output.FlushAsync();
        (_places.Held, _places.IsCrowded).Should().Be((0, false), "what has a place, or is answered, counts no more");
        _places.Arrive(-2 * Piece);
        await ReadAsync(2);
        _places.Arrive(Piece + 1);
        _places.IsCrowded.Should().BeTrue();
        _head.Whole();
        _places.IsCrowded.Should().BeFalse("a request that waits does not come in any more");
    }

    [Fact] // many connections, each with one large piece of a head that is never whole
    public async Task FA_1_What_came_in_one_piece_counts_before_more_is_waited_for()
    {
        TakeAll();
        _ = _input.Writer.WriteAsync(new byte[1 + (2 * LargeRequests.From)]).AsTask();
        var read = await _head.Input.ReadAsync();
        _head.Input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        await FluentActions.Awaiting(() => _head.Input.ReadAsync().AsTask()).Should().ThrowAsync<ConnectionResetException>("nothing more has come");
        _refused.Should().Be(1);
        _head.End();
        _places.HasManyConnections.Should().BeFalse();
    }

    private void TakeAll()
    {
        while (_places.TryTake())
        {
            // Until none is left.
        }
    }

    private async Task ReadAsync(int pieces)
    {
        for (var i = 0; i < pieces; i++)
        {
            await _input.Writer.WriteAsync(new byte[Piece]);
            var read = await _head.Input.ReadAsync();
            _head.Input.AdvanceTo(read.Buffer.End);
        }
    }

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
