using ConnectAgent.Configuration;
using ConnectAgent.Hosting;
using ConnectAgent.Tests.Configuration;
using ConnectAgent.Tests.Http;
using FluentAssertions;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace ConnectAgent.Tests.Watches;

/// <summary>Watches of the configuration, in a running agent (config-and-cli section 2; issue 15).</summary>
public sealed class WatchServiceTests
{
    [Theory] // clients WATCH-4
    [InlineData(""" "type":"connect_roots" """, "TrustDomain")]
    [InlineData(""" "type":"connect_leaf","service":"web" """, "PrivateKeyPEM")]
    [InlineData(""" "type":"agent_service","service_id":"web" """, "ContentHash")]
    [InlineData(""" "type":"service","service":"web","tag":"blue" """, "\"Node\"")]
    [InlineData(""" "type":"services" """, "consul")]
    [InlineData(""" "type":"nodes" """, "Address")]
    [InlineData(""" "type":"checks","state":"any" """, "CheckID")]
    public async Task Each_type_runs_under_its_own_token(string type, string expected)
    {
        await using var handler = new HttpDouble();
        var watches = Watches($$$"""{"watches":[{ {{{type}}},"token":"root","handler_type":"http","http_handler_config":{"path":"{{{handler.Address}}}/x"} }]}""");
        await using var agent = await InProcessAgent.StartAsync("deny", values => values.Set(AclKeys.DefaultToken, null).Merge(WatchKeys.Watches, watches.Value, watches.Parts));
        (await agent.SendAsync("PUT", "/v1/agent/service/register", """{"Name":"web","Port":80,"Tags":["blue"],"Check":{"TTL":"1h"}}""", "root")).Status.Should().Be(200);
        var asked = await handler.NextAsync();
        while (!asked.Body.Contains(expected, StringComparison.Ordinal))
        {
            asked = await handler.NextAsync();
        }

        (asked.Method, asked.Target).Should().Be(("POST", "/x"));
    }

    [Fact] // a reload replaces them; those that stay the same run on
    public async Task A_reload_takes_over_other_watches()
    {
        await using var handler = new HttpDouble();
        ConfigValues? configured = null;
        await using var agent = await InProcessAgent.StartAsync(configure: values => configured = values);
        var reload = agent.Services.GetRequiredService<ConfigurationReload>();
        var first = Watches(Of("one"));
        configured!.Set(WatchKeys.Watches, first.Value, first.Parts);
        await reload.RunAsync();
        (await handler.NextAsync()).Target.Should().Be("/one");
        await reload.RunAsync();
        var second = Watches(Of("two"));
        configured.Set(WatchKeys.Watches, second.Value, second.Parts);
        await reload.RunAsync();
        (await handler.NextAsync()).Target.Should().Be("/two", "the same watches were not begun anew");
        string Of(string path) => $$$"""{"watches":[{"type":"connect_roots","handler_type":"http","http_handler_config":{"path":"{{{handler.Address}}}/{{{path}}}"} }]}""";
    }

    [Theory]
    [InlineData("""[{"args":["x"]}]""", "watches[0]: Watch type must be specified")]
    [InlineData("""[{"type":"nope","args":["x"]}]""", "watches[0]: Unsupported watch type: nope")]
    [InlineData("""[{"type":"services"}]""", "watches[0]: there is no handler: set args, or handler_type = \"http\" and http_handler_config")]
    [InlineData("""[{"type":"nodes","args":["x"]},{"type":"services","args":["x"],"handler":"y"}]""", "watches[1]: handler and args cannot both be set")]
    [InlineData("""[{"type":"services","handler_type":"http","args":["x"]}]""", "watches[0]: a handler of type \"http\" runs no program: take out args and handler")]
    [InlineData("""[{"type":"services","handler_type":"mail","args":["x"]}]""", "watches[0].handler_type: \"mail\" is neither \"script\" nor \"http\"")]
    [InlineData("""[{"type":"services","handler_type":"http","http_handler_config":{"path":"/x"}}]""", "watches[0].http_handler_config.path must be an address, http://… or https://…")]
    [InlineData("""[{"type":"services","handler_type":"http","http_handler_config":{"path":"http://x","timeout":"soon"}}]""", "*watches[0].http_handler_config.timeout: invalid duration: \"soon\"*")]
    [InlineData("""[{"type":"services","handler_type":"http","http_handler_config":{"path":"http://x","timeout":"1200h"}}]""", "*.timeout: \"1200h\" is longer than 600 s*")]
    [InlineData("""[{"type":"services","handler_type":"http","http_handler_config":{"path":"http://x","header":{"Bad Name":["x"]}}}]""", "*.header: \"Bad Name\" is no header that can be sent*")]
    public void A_watch_that_could_not_run_stops_the_start(string watches, string expected) =>
        watches.Invoking(text => ConfigTexts.Read($$"""{"watches":{{text}} }""")).Should().Throw<ConfigurationException>().WithMessage(expected);

    [Fact]
    public void What_is_outdated_or_not_here_is_named() =>
        ConfigTexts.Read("""{"watches":[{"type":"key","key":"a","args":["x"]},{"type":"services","handler":"x"}]}""").Warnings.Should().Equal(
            "watches[0] has no effect: Watches of type key are not part of this product: it has no key/value store and no user events.",
            "watches[1].handler is deprecated. Use watches[1].args instead.");

    private static (object Value, IReadOnlyList<SaidPart> Parts) Watches(string json)
    {
        var values = ConfigTexts.Merge(json);
        return (values.Of(WatchKeys.Watches), values.PartsOf(WatchKeys.Watches));
    }
}
