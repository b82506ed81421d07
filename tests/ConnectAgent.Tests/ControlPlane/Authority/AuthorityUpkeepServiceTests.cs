using ConnectAgent.ControlPlane.Authority;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.ControlPlane.Authority;

/// <summary>The hourly upkeep (ca CA-55, section 10).</summary>
public sealed class AuthorityUpkeepServiceTests
{
    [Fact] // CA-55
    public async Task Given_an_old_root_When_two_leaf_lives_have_passed_Then_the_next_hour_drops_it_and_its_cross_signed_block()
    {
        await using var ca = await StartAsync("""{"LeafCertTTL":"10h","IntermediateCertTTL":"30h"}""");
        await ca.PutAsync("""{"LeafCertTTL":"10h","IntermediateCertTTL":"30h","PrivateKeyBits":384}""");
        await HoursAsync(ca, 20);
        ca.Roots.Entries.Should().HaveCount(2);
        (await ca.SignAsync()).Should().HaveCount(2);
        await HoursAsync(ca, 2);
        ca.Roots.Entries.Should().ContainSingle();
        (await ca.SignAsync()).Should().ContainSingle("nobody is left who trusts the old root only");
        ca.Problem(await ca.SignAsync(), ca.Active).Should().BeNull();
    }

    [Fact] // CA-55: without the key the default counts, where the reference takes 0
    public async Task Given_no_LeafCertTTL_Then_the_default_of_72_hours_counts()
    {
        await using var ca = await StartAsync("{}");
        await ca.PutAsync("""{"PrivateKeyBits":384}""");
        await HoursAsync(ca, 144);
        ca.Roots.Entries.Should().HaveCount(2);
        await HoursAsync(ca, 2);
        ca.Roots.Entries.Should().ContainSingle();
    }

    [Fact] // CA-55 MUST
    public async Task Given_long_leaves_under_the_old_root_When_the_life_is_shortened_Then_the_root_stays_as_long_as_they_live()
    {
        await using var ca = await StartAsync("""{"LeafCertTTL":"100h"}""");
        var leaf = await ca.SignAsync();
        await ca.PutAsync("""{"LeafCertTTL":"1h","PrivateKeyBits":384}""");
        await HoursAsync(ca, 99);
        ca.Problem(leaf, ca.Roots.Entries.Select(entry => entry.Root).Single(root => !root.Active)).Should().BeNull();
        await HoursAsync(ca, 2);
        ca.Roots.Entries.Should().ContainSingle();
    }

    [Fact] // section 10
    public async Task Given_a_short_root_When_it_ages_Then_each_level_is_said_once()
    {
        await using var ca = await StartAsync("""{"LeafCertTTL":"1h","IntermediateCertTTL":"3h","RootCertTTL":"100h"}""");
        await HoursAsync(ca, 102);
        ca.Log.Lines.Where(line => line.StartsWith("Warning CA certificate ages: certificate=root", StringComparison.Ordinal))
            .Select(line => line.Split("life_used=")[1].Split('%')[0]).Should().Equal("50", "75", "90", "100");
    }

    [Theory] // section 10: off by default
    [InlineData(true, 2)]
    [InlineData(false, 1)]
    public async Task A_generated_root_is_rotated_before_its_end_if_that_is_wanted(bool wanted, int roots)
    {
        await using var ca = await StartAsync("""{"LeafCertTTL":"10h","IntermediateCertTTL":"30h","RootCertTTL":"100h"}""", wanted);
        var (old, config) = (ca.Active, ca.Manager.ReadConfiguration());
        await HoursAsync(ca, 81);
        ca.Roots.Entries.Should().HaveCount(roots);
        ca.Manager.ReadConfiguration().Config.Should().Be(config.Config);
        if (wanted)
        {
            var leaf = await ca.SignAsync();
            ca.Problem(leaf, old).Should().BeNull("it is an ordinary rotation");
            ca.Problem(leaf, ca.Active).Should().BeNull();
        }
    }

    [Fact] // CA-61
    public void The_pause_between_attempts_to_start_doubles_to_256_seconds() =>
        Enumerable.Range(1, 10).Select(failures => AuthorityUpkeepService.PauseAfter(failures).TotalSeconds)
            .Should().Equal(2, 4, 8, 16, 32, 64, 128, 256, 256, 256);

    private static async Task<AuthorityFixture> StartAsync(string config, bool autoRotate = false)
    {
        var ca = await AuthorityFixture.StartAsync(config, autoRotate: autoRotate);
        await ca.Keeper.StartAsync(CancellationToken.None);
        await ca.Clock.ArmedAsync(IsAnHour);
        return ca;
    }

    // A leaf signed in a test moves the clock by some milliseconds.
    private static bool IsAnHour(TimeSpan delay) => delay > AuthorityUpkeepService.Interval - TimeSpan.FromSeconds(1);

    // The loop sleeps an hour at a time: each is waited for before the next.
    private static async Task HoursAsync(AuthorityFixture ca, int hours)
    {
        for (var i = 0; i < hours; i++)
        {
            ca.Clock.Advance(AuthorityUpkeepService.Interval);
            await ca.Clock.ArmedAsync(IsAnHour);
        }
    }
}
