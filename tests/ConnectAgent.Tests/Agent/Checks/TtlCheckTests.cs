using ConnectAgent.Agent.Checks;
using ConnectAgent.Protocol.Services;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Agent.Checks;

public sealed class TtlCheckTests : IDisposable
{
    private readonly CheckFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    // services CHK-1
    [Fact]
    public void Without_an_update_a_check_expires_once_and_each_update_begins_its_time_anew()
    {
        // Given
        var check = Start();
        _fixture.Clock.Advance(TimeSpan.FromSeconds(14));
        check.Update(CheckStatus.Passing, string.Empty);
        _fixture.Clock.Advance(TimeSpan.FromSeconds(14));
        _fixture.Reports.Should().Equal(("t", "passing", ""));

        // When
        _fixture.Clock.Advance(TimeSpan.FromSeconds(60));

        // Then
        _fixture.Reports.Skip(1).Should().Equal(("t", "critical", "TTL expired"));
    }

    // services CHK-1
    [Fact]
    public void The_last_output_is_told_with_the_expiry()
    {
        var check = Start();
        check.Update(CheckStatus.Warning, "disk at 90 %");
        _fixture.Clock.Advance(TimeSpan.FromSeconds(15));
        _fixture.Reports[^1].Should().Be(("t", "critical", "TTL expired (last output before timeout follows): disk at 90 %"));
    }

    // services CHK-2
    [Fact]
    public void An_output_that_is_too_long_is_cut()
    {
        var check = Start(new CheckDefinition { Ttl = TimeSpan.FromSeconds(15), OutputMaxSize = 4 });
        check.Update(CheckStatus.Passing, "abcdefgh");
        _fixture.Reports.Should().Equal(("t", "passing", "abcd ... (captured 4 of 8 bytes)"));
    }

    [Fact]
    public void A_check_that_is_ended_neither_expires_nor_takes_updates()
    {
        var check = Start();
        check.End();
        check.Update(CheckStatus.Passing, "x");
        _fixture.Clock.Advance(TimeSpan.FromSeconds(60));
        _fixture.Reports.Should().BeEmpty();
    }

    private TtlCheck Start(CheckDefinition? definition = null) =>
        (TtlCheck)CheckStart.Start("t", definition ?? new CheckDefinition { Ttl = TimeSpan.FromSeconds(15) }, _fixture.Runtime)!;
}
