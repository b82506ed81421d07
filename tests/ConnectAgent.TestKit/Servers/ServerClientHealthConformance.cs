using System.Text;
using System.Text.Json.Nodes;
using ConnectAgent.Agent.Discovery;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Discovery;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Reads;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.TestKit.Servers;

/// <summary>What a back end of <see cref="IServerClient"/> that has a catalog must do about health; derive a test class for each.</summary>
public abstract class ServerClientHealthConformance
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>The back end, serving <c>dc1</c> without services, ACLs off.</summary>
    protected abstract IServerClient Client { get; }

    /// <summary>Whether an instance has the fields that it was put with, whatever they are.</summary>
    protected virtual bool KeepsWhatItDoesNotKnow => true;

    /// <summary>The client to ask with a token, once one was given rights.</summary>
    protected virtual IServerClient Guarded => Client;

    /// <summary>Puts the instances of a service, or those that connect for it, into the back end.</summary>
    protected abstract Task PutAsync(string service, bool connect, params string[] instances);

    /// <summary>Turns ACLs on, and gives a token rights.</summary>
    /// <returns>Its secret.</returns>
    protected abstract Task<string> GrantAsync(string token, params AccessRequest[] rights);

    [Fact] // HLT-1, CAT-16
    public async Task An_unknown_service_is_an_empty_list_with_an_index()
    {
        var read = await ReadAsync(Question("nope"));
        read.Index.Should().BePositive();
        TextOf(read.Value).Should().Be("[]");
        read.Value.IsFiltered.Should().BeFalse();
    }

    [Fact] // HLT-1
    public async Task Instances_come_in_their_order_and_with_fields_that_nobody_knows()
    {
        string[] instances = [HealthInstances.Of("n1", "web", "warning"), HealthInstances.Of("n2", "web")];
        await PutAsync("web", connect: false, instances);
        var read = await ReadAsync(Question("web"));
        read.Value.Items.Select(instance => (instance.Node, instance.Service, instance.IsPassing)).Should().Equal(("n1", "web", false), ("n2", "web", true));
        if (KeepsWhatItDoesNotKnow)
        {
            JsonNode.DeepEquals(JsonNode.Parse(TextOf(read.Value)), JsonNode.Parse($"[{instances[0]},{instances[1]}]")).Should().BeTrue(TextOf(read.Value));
        }
    }

    [Fact] // HLT-2, CAT-12, CAT-13
    public async Task What_connects_for_a_service_is_another_list_than_the_service()
    {
        await PutAsync("web", connect: false, HealthInstances.Of("n1", "web"));
        await PutAsync("web", connect: true, HealthInstances.Of("n1", "web-sidecar-proxy"));
        (await NamesAsync(Question("WEB"))).Should().Equal("web");
        (await NamesAsync(Question("web", connect: true))).Should().Equal("web-sidecar-proxy");
    }

    [Fact] // HLT-4
    public async Task An_instance_must_have_all_tags_that_are_asked_for()
    {
        await PutAsync("web", connect: false, HealthInstances.Of("n1", "web", "passing", "a", "b"), HealthInstances.Of("n2", "web", "passing", "b"));
        (await ReadAsync(Question("web", tags: ["B", "a"]))).Value.Items.Should().ContainSingle().Which.Node.Should().Be("n1");
    }

    [Fact] // HLT-5
    public async Task A_blocking_read_wakes_on_a_change_of_a_check()
    {
        await PutAsync("web", connect: false, HealthInstances.Of("n1", "web"));
        var before = await ReadAsync(Question("web"));
        var held = Client.ReadHealthAsync(Question("web"), new ServerQuery("dc1", string.Empty, new BlockingQuery(before.Index, Long)), CancellationToken.None);
        held.IsCompleted.Should().BeFalse();
        await PutAsync("web", connect: false, HealthInstances.Of("n1", "web", "critical"));
        var after = await held.WaitAsync(Patience);
        after.Index.Should().BeGreaterThan(before.Index);
        after.Value.Items.Should().ContainSingle().Which.IsPassing.Should().BeFalse();
    }

    [Fact] // IDX-11
    public async Task A_held_read_ends_with_its_caller()
    {
        using var caller = new CancellationTokenSource();
        var first = await ReadAsync(Question("web"));
        var held = Client.ReadHealthAsync(Question("web"), new ServerQuery("dc1", string.Empty, new BlockingQuery(first.Index, Long)), caller.Token);
        await caller.CancelAsync();
        await held.Invoking(async task => await task.WaitAsync(Patience)).Should().ThrowAsync<OperationCanceledException>();
    }

    [Fact] // DC-3
    public async Task An_unknown_datacenter_fails_with_the_references_words()
    {
        var read = () => Client.ReadHealthAsync(Question("web"), new ServerQuery("nowhere", string.Empty, new BlockingQuery(0, Long)), CancellationToken.None);
        (await read.Should().ThrowAsync<ServerException>()).WithMessage("No path to datacenter").Which.Kind.Should().Be(FailureKind.Failed);
    }

    [Fact] // HLT-8, ACL-FILT-2
    public async Task What_the_token_may_not_see_is_left_out_and_that_is_told()
    {
        // Given
        await PutAsync("web", connect: false, HealthInstances.Of("n1", "web"), HealthInstances.Of("n2", "web"));
        await PutAsync("web", connect: true, HealthInstances.Of("n1", "web-sidecar-proxy"));
        var all = await GrantAsync("all", Node("n1"), Node("n2"), Service("web"), Service("web-sidecar-proxy"));
        var one = await GrantAsync("one", Node("n1"), Service("web"), Service("web-sidecar-proxy"));
        var nameless = await GrantAsync("nameless", Node("n1"), Service("web-sidecar-proxy"));

        // Then
        (await SeesAsync(all, connect: false)).Should().Be("n1,n2");
        (await SeesAsync(one, connect: false)).Should().Be("n1 and more");
        (await SeesAsync(one, connect: true)).Should().Be("n1");
        (await SeesAsync(nameless, connect: true)).Should().Be(" and more");
        var unknown = () => ReadAsync(Question("web"), "made-up");
        (await unknown.Should().ThrowAsync<ServerException>()).WithMessage("ACL not found").Which.Kind.Should().Be(FailureKind.UnknownToken);

        async Task<string> SeesAsync(string token, bool connect)
        {
            var value = (await ReadAsync(Question("web", connect), token)).Value;
            return string.Join(',', value.Items.Select(instance => instance.Node)) + (value.IsFiltered ? " and more" : string.Empty);
        }
    }

    private static AccessRequest Node(string name) => new(AclResource.Node, name, AclAccess.Read);

    private static AccessRequest Service(string name) => new(AclResource.Service, name, AclAccess.Read);

    private static InstancesQuery Question(string service, bool connect = false, string[]? tags = null) => new(connect, service, tags ?? [], [], string.Empty);

    private static string TextOf(DiscoveryList health) => Encoding.UTF8.GetString(health.Json.Span);

    private async Task<IEnumerable<string>> NamesAsync(InstancesQuery question) =>
        (await ReadAsync(question)).Value.Items.Select(instance => instance.Service);

    private Task<ServerRead<DiscoveryList>> ReadAsync(InstancesQuery question, string token = "") =>
        (token.Length == 0 ? Client : Guarded).ReadHealthAsync(question, new ServerQuery("dc1", token, new BlockingQuery(0, Long)), CancellationToken.None);
}
