using System.Security.Cryptography;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Identity;
using ConnectAgent.Protocol.Reads;
using ConnectAgent.Protocol.Tokens;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.TestKit.Servers;

/// <summary>What every back end of <see cref="IServerClient"/> must do about tokens; derive a test class for each.</summary>
public abstract class ServerClientAclConformance
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>The back end, serving <c>dc1</c> with a ready CA, ACLs on and a default policy of deny.</summary>
    protected abstract IServerClient Client { get; }

    /// <summary>Makes a token that may write the service <c>web</c> and read its intentions, and nothing else.</summary>
    /// <returns>Its secret.</returns>
    protected abstract Task<string> CreateWebTokenAsync();

    /// <summary>Takes all rights from the token, which stays.</summary>
    protected abstract Task StripAsync(string token);

    protected abstract Task DeleteAsync(string token);

    [Fact] // ACL-ERR-3
    public async Task An_unknown_token_is_refused_in_the_references_words() => await RefusesAsync("11111111-2222-3333-4444-555555555555");

    [Fact] // ACL-AUZ-1, ACL-RULE-22
    public async Task A_token_may_what_its_rules_say()
    {
        var token = await CreateWebTokenAsync();
        var rights = await Client.ResolveTokenAsync(token, CancellationToken.None);
        (await AllowsAsync(rights, AclResource.Service, "web", AclAccess.Write)).Should().BeTrue();
        (await AllowsAsync(rights, AclResource.Intention, "web", AclAccess.Read)).Should().BeTrue();
        (await AllowsAsync(rights, AclResource.Service, "db", AclAccess.Write)).Should().BeFalse();
        (await AllowsAsync(rights, AclResource.Intention, "web", AclAccess.Write)).Should().BeFalse();
        (await AllowsAsync(rights, AclResource.Agent, "node1", AclAccess.Read)).Should().BeFalse();
        (await Client.ResolveTokenAsync(token, CancellationToken.None)).Should().BeSameAs(rights, "nothing about it has changed");
    }

    [Fact] // ACL-REQ-2: the anonymous token has no rules of its own
    public async Task No_token_is_the_anonymous_one()
    {
        var rights = await Client.ResolveTokenAsync(string.Empty, CancellationToken.None);
        (await AllowsAsync(rights, AclResource.Service, "web", AclAccess.Read)).Should().BeFalse();
    }

    [Fact] // ACL-SEC-6
    public async Task A_deleted_token_is_told_of_and_refused()
    {
        var token = await CreateWebTokenAsync();
        await Client.ResolveTokenAsync(token, CancellationToken.None);
        var changed = Client.RightsChangedAsync(CancellationToken.None);
        await DeleteAsync(token);
        await changed.WaitAsync(Patience);
        await RefusesAsync(token);
    }

    [Fact] // ACL-SEC-3
    public async Task Lost_rights_are_told_of()
    {
        var token = await CreateWebTokenAsync();
        var before = await Client.ResolveTokenAsync(token, CancellationToken.None);
        (await AllowsAsync(before, AclResource.Service, "web", AclAccess.Write)).Should().BeTrue();
        var changed = Client.RightsChangedAsync(CancellationToken.None);
        await StripAsync(token);
        await changed.WaitAsync(Patience);
        var after = await Client.ResolveTokenAsync(token, CancellationToken.None);
        after.Should().NotBeSameAs(before);
        (await AllowsAsync(after, AclResource.Service, "web", AclAccess.Write)).Should().BeFalse();
    }

    [Fact]
    public async Task A_wait_for_a_change_ends_with_its_caller()
    {
        using var caller = new CancellationTokenSource();
        var changed = Client.RightsChangedAsync(caller.Token);
        await caller.CancelAsync();
        await changed.Invoking(async task => await task.WaitAsync(Patience)).Should().ThrowAsync<OperationCanceledException>();
    }

    [Fact] // ACL-PERM-2, LEAF-90
    public async Task A_leaf_needs_the_right_to_its_service()
    {
        var token = await CreateWebTokenAsync();
        var roots = await Client.ReadRootsAsync(new ServerQuery("dc1", string.Empty, new BlockingQuery(0, Long)), CancellationToken.None);
        (await SignAsync("web", token)).CertificatePem.Should().StartWith("-----BEGIN CERTIFICATE-----");
        (await FailureAsync(() => SignAsync("db", token))).Should().Be((FailureKind.PermissionDenied, "Permission denied"));
        await DeleteAsync(token);
        (await FailureAsync(() => SignAsync("web", token))).Should().Be((FailureKind.UnknownToken, "ACL not found"));

        async Task<SignedLeaf> SignAsync(string service, string secret)
        {
            var identity = new ServiceId(roots.Value.TrustDomain, "dc1", service);
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            return await Client.SignLeafAsync(identity, CertificateRequests.For(identity, key), secret, CancellationToken.None);
        }
    }

    [Fact] // intentions ACL-2
    public async Task A_match_needs_the_right_to_its_names()
    {
        var token = await CreateWebTokenAsync();
        (await MatchAsync("web", token)).Index.Should().BePositive();
        (await FailureAsync(() => MatchAsync("db", token))).Should().Be((FailureKind.PermissionDenied, "Permission denied"));
        (await FailureAsync(() => MatchAsync("web", "11111111-2222-3333-4444-555555555555"))).Kind.Should().Be(FailureKind.UnknownToken);
    }

    [Fact] // ACL-SEC-3: a held read does not outlive its token
    public async Task A_held_match_ends_with_its_token()
    {
        var token = await CreateWebTokenAsync();
        var before = await MatchAsync("web", token);
        var held = Client.MatchIntentionsAsync(
            new MatchNames(ByDestination: true, ["web"]), new ServerQuery("dc1", token, new BlockingQuery(before.Index, Long)), CancellationToken.None);
        held.IsCompleted.Should().BeFalse();
        await DeleteAsync(token);
        (await FailureAsync(() => held.WaitAsync(Patience))).Should().Be((FailureKind.UnknownToken, "ACL not found"));
    }

    private static ValueTask<bool> AllowsAsync(TokenRights rights, AclResource resource, string segment, AclAccess access) =>
        rights.AllowsAsync(new AccessRequest(resource, segment, access), CancellationToken.None);

    private static async Task<(FailureKind Kind, string Message)> FailureAsync<T>(Func<Task<T>> call)
    {
        var failure = (await call.Should().ThrowAsync<ServerException>()).Which;
        return (failure.Kind, failure.Message);
    }

    private Task<ServerRead<IReadOnlyList<Protocol.Intentions.IntentionMatch>>> MatchAsync(string name, string token) => Client.MatchIntentionsAsync(
        new MatchNames(ByDestination: true, [name]), new ServerQuery("dc1", token, new BlockingQuery(0, Long)), CancellationToken.None);

    private async Task RefusesAsync(string token) =>
        (await FailureAsync(() => Client.ResolveTokenAsync(token, CancellationToken.None).AsTask()))
            .Should().Be((FailureKind.UnknownToken, "ACL not found"));
}
