using System.CommandLine;
using ConnectAgent.Cli;
using ConnectAgent.Configuration;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Configuration;

/// <summary>Flags set what their keys set (config-and-cli FLAG-1 to FLAG-3).</summary>
public sealed class AgentFlagsTests
{
    [Fact] // FLAG-3, LOAD-6: lists append, of all else the last counts
    public void A_flag_that_is_given_again_counts_as_its_key_would()
    {
        var configuration = Read(
            "-dev", "-node", "first", "-node=second", "-node-meta", "a:1", "-node-meta=a:2:3", "-node-meta", "b", "-http-port", "0",
            "-allow-write-http-from", "10.0.0.0/8", "-allow-write-http-from", "127.0.0.0/8", "-log-json", "-bootstrap=false");
        configuration.NodeName.Should().Be("second");
        configuration.NodeMeta.Should().Equal(new Dictionary<string, string> { ["a"] = "2:3", ["b"] = string.Empty });
        configuration.Ports["http"].Should().Be(-1);
        configuration.Wire.Writers.Should().HaveCount(2);
        configuration.LogJson.Should().BeTrue();
    }

    [Fact]
    public void A_number_that_is_none_is_named_with_its_flag() => new[] { "-dev", "-http-port", "x" }.Invoking(Read).Should().Throw<ConfigurationException>()
        .WithMessage("invalid value \"x\" for flag -http-port: parse error");

    [Fact] // a key has one row, and a flag one key
    public void No_key_and_no_flag_stands_twice()
    {
        AgentKeys.All.Select(key => key.Path).Should().OnlyHaveUniqueItems();
        AgentKeys.All.Select(key => key.FlagName).OfType<string>().Should().OnlyHaveUniqueItems().And.HaveCountGreaterThan(20);
    }

    private static AgentConfiguration Read(params string[] arguments)
    {
        var flags = new AgentFlags();
        var command = new Command("agent");
        flags.AddTo(command);
        return flags.Read(command.Parse(arguments, new ParserConfiguration { EnablePosixBundling = false }));
    }
}
