using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Services;
using ConnectAgent.Protocol.Services.Rules;
using ConnectAgent.Protocol.Text;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Protocol.Services.Rules;

public sealed class CheckRulesTests
{
    private static readonly ExactDuration Second = TimeSpan.FromSeconds(1);

    public static TheoryData<string?, CheckDefinition> Definitions => new()
    {
        { "Interval and TTL cannot both be specified", new CheckDefinition { Interval = Second, Ttl = Second } },
        { "Interval must be > 0 for Script, HTTP, H2PING, or TCP checks", new CheckDefinition { ScriptArgs = ["a"] } },
        { "Interval must be > 0 for Script, HTTP, H2PING, or TCP checks", new CheckDefinition { Http = "a", Interval = new ExactDuration(-1) } },
        { "Interval must be > 0 for Script, HTTP, H2PING, or TCP checks", new CheckDefinition { Tcp = "a", Ttl = Second } },
        { "Interval must be > 0 for Script, HTTP, H2PING, or TCP checks", new CheckDefinition { Grpc = "a" } },
        { "Interval must be > 0 for Script, HTTP, H2PING, or TCP checks", new CheckDefinition { H2Ping = "a" } },
        { "Interval must be > 0 for Script, HTTP, H2PING, or TCP checks", new CheckDefinition { Udp = "a" } },
        { "Interval must be > 0 for Script, HTTP, H2PING, or TCP checks", new CheckDefinition { OsService = "a" } },
        { "Interval cannot be set for Alias checks", new CheckDefinition { Tcp = "a", Interval = Second, AliasService = "b" } },
        { null, new CheckDefinition { Interval = Second, AliasService = "b" } },
        { "TTL must be not be set for Alias checks", new CheckDefinition { Ttl = Second, AliasNode = "b" } },
        { "TTL must be > 0 for TTL checks", new CheckDefinition() },
        { "TTL must be > 0 for TTL checks", new CheckDefinition { Interval = Second } },
        { "TTL must be > 0 for TTL checks", new CheckDefinition { DockerContainerId = "d" } },
        { "MaxOutputMaxSize must be positive", new CheckDefinition { Ttl = Second, OutputMaxSize = -1 } },
        { null, new CheckDefinition { Ttl = Second } },
        { null, new CheckDefinition { Http = "a", Interval = Second, OutputMaxSize = 1 } },
    };

    public static TheoryData<string, CheckDefinition> Types => new()
    {
        { "grpc", All },
        { "http", All with { Grpc = "" } },
        { "ttl", All with { Grpc = "", Http = "" } },
        { "tcp", All with { Grpc = "", Http = "", Ttl = default } },
        { "udp", All with { Grpc = "", Http = "", Ttl = default, Tcp = "" } },
        { "alias", All with { Grpc = "", Http = "", Ttl = default, Tcp = "", Udp = "", AliasNode = "" } },
        { "docker", All with { Grpc = "", Http = "", Ttl = default, Tcp = "", Udp = "", AliasNode = "", AliasService = "" } },
        { "script", new CheckDefinition { ScriptArgs = ["a"], H2Ping = "h" } },
        { "h2ping", new CheckDefinition { H2Ping = "h", OsService = "o" } },
        { "os_service", new CheckDefinition { OsService = "o" } },
        { "", new CheckDefinition { DockerContainerId = "d", Shell = "s" } },
    };

    private static CheckDefinition All => new()
    {
        Grpc = "g",
        Http = "h",
        Ttl = Second,
        Tcp = "t",
        Udp = "u",
        AliasNode = "n",
        AliasService = "s",
        DockerContainerId = "d",
        ScriptArgs = ["a"],
        H2Ping = "p",
        OsService = "o",
    };

    [Theory] // REG-11
    [MemberData(nameof(Definitions))]
    public void Each_rule_of_checks_has_its_text(string? error, CheckDefinition definition)
    {
        CheckRules.DefinitionError(definition).Should().Be(error);
        var service = new ServiceDefinition { Service = new NodeService { Id = "a", Name = "a" } };
        CheckRequest[] checks = [new CheckRequest { Definition = new CheckDefinition { Ttl = Second } }, new CheckRequest { Definition = definition }];
        TextOf(() => ServiceRules.Validate(service with { Checks = checks })).Should().Be(error is null ? null : "Invalid check: " + error);
        TextOf(() => ServiceRules.Validate(service with { Sidecar = service with { Service = service.Service with { Id = "" }, Checks = checks } }))
            .Should().Be(error is null ? null : "Bad request: Invalid check in sidecar_service: " + error);
        TextOf(() => CheckRules.Standalone(new CheckRequest { Name = "a", Definition = definition })).Should().Be(error is null ? null : "Invalid check: " + error);
    }

    [Theory] // CHK-8
    [MemberData(nameof(Types))]
    public void A_check_has_the_first_type_that_it_has_what_is_needed_for(string type, CheckDefinition definition) =>
        CheckTypes.Of(definition).Should().Be(type);

    [Fact] // AG-9: name, status, definition
    public void A_check_by_itself_is_checked()
    {
        TextOf(() => CheckRules.Standalone(new CheckRequest { Status = "x" })).Should().Be("Missing check name");
        TextOf(() => CheckRules.Standalone(new CheckRequest { Name = "n", Status = "x" })).Should().Be("Bad check status");
        var check = new CheckRequest { Name = "n", Status = "warning", Definition = new CheckDefinition { Ttl = Second } };
        CheckRules.Standalone(check).Should().Be(check with { CheckId = "n" });
        CheckRules.Standalone(check with { CheckId = "i" }).CheckId.Should().Be("i");
    }

    [Fact] // REG-14
    public void Checks_of_a_service_get_IDs_and_names()
    {
        var service = new NodeService { Id = "web1", Name = "web" };
        CheckRules.OfService(service, [new CheckRequest()]).Select(static check => (check.CheckId, check.Name, check.ServiceId))
            .Should().Equal(("service:web1", "Service 'web' check", "web1"));
        CheckRules.OfService(service, [new CheckRequest(), new CheckRequest { CheckId = "own", Name = "n" }, new CheckRequest()])
            .Select(static check => (check.CheckId, check.Name))
            .Should().Equal(("service:web1:1", "Service 'web' check"), ("own", "n"), ("service:web1:3", "Service 'web' check"));
    }

    private static string? TextOf(Action rule)
    {
        try
        {
            rule();
            return null;
        }
        catch (ServerException error) when (error.Kind == FailureKind.Invalid)
        {
            return error.Message;
        }
    }
}
