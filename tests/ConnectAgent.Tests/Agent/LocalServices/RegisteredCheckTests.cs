using ConnectAgent.Agent.LocalServices;
using ConnectAgent.Protocol.Services;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Agent.LocalServices;

/// <summary>What a check shows before its first result (services REG-14, DATA-10).</summary>
public sealed class RegisteredCheckTests
{
    [Fact] // REG-14, DATA-10
    public void A_check_starts_critical_unless_it_says_otherwise()
    {
        var service = new NodeService { Id = "web1", Name = "web", Tags = ["t"] };
        var check = new CheckRequest { CheckId = "c", Name = "n", Notes = "o", ServiceId = "web1", Definition = new CheckDefinition { Http = "h", Interval = TimeSpan.FromSeconds(1) } };
        First(check, service, isNested: true).Should().Be(new HealthCheck
        {
            Node = "node1",
            CheckId = "c",
            Name = "n",
            Notes = "o",
            Status = "critical",
            ServiceId = "web1",
            ServiceName = "web",
            ServiceTags = service.Tags,
            Type = "http",
        });
        First(check with { Status = "passing", ServiceId = string.Empty }, service: null, isNested: false).Should().Be(new HealthCheck
        {
            Node = "node1",
            CheckId = "c",
            Name = "n",
            Notes = "o",
            Status = "passing",
            Type = "http",
            Interval = "1s",
            Timeout = "0s",
        });
    }

    private static HealthCheck First(CheckRequest check, NodeService? service, bool isNested)
    {
        var registered = RegisteredCheck.Of(check, isNested, token: string.Empty);
        return registered.HealthWith("node1", service, registered.Status, string.Empty);
    }
}
