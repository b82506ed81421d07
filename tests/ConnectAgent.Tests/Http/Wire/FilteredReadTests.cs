using System.Text.Json.Nodes;
using ConnectAgent.Configuration;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Http.Wire;

/// <summary>Reads from which something is left out (acl section 7.4).</summary>
public sealed class FilteredReadTests
{
    private const string Header = "X-Consul-Results-Filtered-By-ACLs";
    private const string Unknown = "12345678-1234-1234-1234-123456789012";

    // ACL-FILT-1 to ACL-FILT-3. A list of config entries shares its route with single entries, which are refused.
    [Theory]
    [InlineData("/v1/connect/intentions")]
    [InlineData("/v1/connect/intentions?filter=DestinationName==db")]
    [InlineData("/v1/connect/intentions?cached")]
    [InlineData("/v1/config/")]
    [InlineData("/v1/config/service-defaults")]
    [InlineData("/v1/config/service-intentions")]
    [InlineData("/v1/agent/members")]
    [InlineData("/v1/agent/members?wan=1")]
    public async Task What_is_left_out_is_told_to_callers_with_a_token_only(string path)
    {
        // Given
        await using var agent = await StartAsync();
        var nothing = await agent.TokenAsync("node_prefix \"\" { policy = \"deny\" }");

        // When
        var all = await agent.SendAsync("GET", path, token: "root");
        var weak = await agent.SendAsync("GET", path, token: nothing);
        var anonymous = await agent.SendAsync("GET", path);
        var unknown = await agent.SendAsync("GET", path, token: Unknown);

        // Then
        JsonNode.Parse(all.Text)!.AsArray().Should().NotBeEmpty();
        all.Headers.Should().NotContainKey(Header);
        (weak.Status, weak.Text.TrimEnd()).Should().Be((200, "[]"));
        weak.Headers.Should().Contain(Header, "true");
        (anonymous.Status, anonymous.Text.TrimEnd()).Should().Be((200, "[]"));
        anonymous.Headers.Should().NotContainKey(Header);
        (unknown.Status, unknown.Text).Should().Be((403, "ACL not found"));
        new[] { weak, anonymous }.Should().OnlyContain(
            answer => answer.Headers.GetValueOrDefault("X-Consul-Index") == all.Headers.GetValueOrDefault("X-Consul-Index"), "ACL-FILT-3");
    }

    [Fact] // ACL-FILT-1, ACL-FILT-2: the filter comes after, so it does not count what it leaves out itself
    public async Task A_filter_sees_only_what_the_token_may_see()
    {
        await using var agent = await StartAsync();
        await agent.ManageAsync("/v1/connect/intentions/exact?source=api&destination=cache", new JsonObject { ["Action"] = "allow" });
        var token = await agent.TokenAsync("service \"cache\" { policy = \"read\" }");
        var hidden = await agent.SendAsync("GET", "/v1/connect/intentions?filter=DestinationName==db", token: token);
        hidden.Text.TrimEnd().Should().Be("[]");
        hidden.Headers.Should().Contain(Header, "true");
        var everything = await agent.TokenAsync("service_prefix \"\" { policy = \"read\" }");
        var filtered = await agent.SendAsync("GET", "/v1/connect/intentions?filter=DestinationName==cache", token: everything);
        JsonNode.Parse(filtered.Text)!.AsArray().Should().ContainSingle();
        filtered.Headers.Should().NotContainKey(Header);
    }

    private static async Task<InProcessAgent> StartAsync()
    {
        var agent = await InProcessAgent.StartAsync("deny", values =>
        {
            values.Set(AclKeys.DefaultToken, null);
            values.Set(NodeKeys.NodeName, "node1");
        });
        await agent.ManageAsync("/v1/config", new JsonObject { ["Kind"] = "service-defaults", ["Name"] = "web" });
        await agent.ManageAsync("/v1/connect/intentions/exact?source=web&destination=db", new JsonObject { ["Action"] = "allow" });
        return agent;
    }
}
