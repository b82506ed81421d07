using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using ConnectAgent.Testing;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Testing;

/// <summary>What <see cref="TestMesh"/> promises who writes tests with it.</summary>
public sealed class TestMeshTests
{
    [Fact]
    public async Task A_leaf_is_the_services_and_the_roots_vouch_for_it()
    {
        await using var mesh = await TestMesh.StartAsync();
        using var leaf = await mesh.IssueLeafAsync("web");
        leaf.SpiffeId.Should().Be(mesh.SpiffeIdOf("web"));
        leaf.Certificate.HasPrivateKey.Should().BeTrue();
        (await VerifyAsync(mesh, leaf)).Should().BeTrue();
    }

    [Fact]
    public async Task A_leaf_stays_until_the_clock_says_that_it_is_due()
    {
        await using var mesh = await TestMesh.StartAsync(new() { LeafLifetime = TimeSpan.FromHours(10) });
        using var first = await mesh.IssueLeafAsync("web");
        using var same = await mesh.IssueLeafAsync("web");
        same.SerialNumber.Should().Be(first.SerialNumber);
        mesh.Clock.Advance(TimeSpan.FromHours(9.5));
        using var next = await mesh.IssueLeafAsync("web");
        next.SerialNumber.Should().NotBe(first.SerialNumber);
        next.NotAfter.Should().BeAfter(mesh.Clock.GetUtcNow());
    }

    [Fact]
    public async Task Who_may_connect_is_decided_so_at_once()
    {
        await using var mesh = await TestMesh.StartAsync(new() { AllowsByDefault = false });
        (await IsAllowedAsync(mesh)).Should().BeFalse();
        await mesh.AllowAsync("web", "db");
        (await IsAllowedAsync(mesh)).Should().BeTrue();
        await mesh.DenyAsync("web", "db");
        (await IsAllowedAsync(mesh)).Should().BeFalse();
        await mesh.RemoveIntentionAsync("web", "db");
        (await IsAllowedAsync(mesh)).Should().BeFalse();
        await mesh.AllowAsync("*", "*");
        (await IsAllowedAsync(mesh)).Should().BeTrue();
    }

    [Fact]
    public async Task A_rotation_issues_leaves_under_another_root_and_the_old_ones_stay_good()
    {
        await using var mesh = await TestMesh.StartAsync();
        using var before = await mesh.IssueLeafAsync("web");
        await mesh.RotateCaAsync();
        (await mesh.GetRootsAsync()).Should().HaveCount(2);
        using var after = await mesh.IssueLeafAsync("web");
        after.SerialNumber.Should().NotBe(before.SerialNumber);
        (await VerifyAsync(mesh, before)).Should().BeTrue();
        (await VerifyAsync(mesh, after)).Should().BeTrue();
    }

    [Fact]
    public async Task A_revoked_certificate_is_refused()
    {
        await using var mesh = await TestMesh.StartAsync();
        using var leaf = await mesh.IssueLeafAsync("web");
        (await IsAllowedAsync(mesh, leaf.SerialNumber)).Should().BeTrue();
        await mesh.RevokeAsync(leaf.SerialNumber);
        (await IsAllowedAsync(mesh, leaf.SerialNumber)).Should().BeFalse();
    }

    [Fact]
    public async Task A_registered_instance_is_in_the_catalog()
    {
        await using var mesh = await TestMesh.StartAsync();
        await mesh.RegisterAsync("db", new IPEndPoint(IPAddress.Loopback, 5432));
        var found = JsonNode.Parse(await mesh.Http.GetStringAsync("/v1/health/connect/db?passing"))!.AsArray();
        ((int)found.Should().ContainSingle().Which!["Service"]!["Port"]!).Should().Be(5432);
        await mesh.DeregisterAsync("db");
        JsonNode.Parse(await mesh.Http.GetStringAsync("/v1/health/connect/db"))!.AsArray().Should().BeEmpty();
    }

    [Fact]
    public async Task With_ACLs_nobody_does_anything_without_a_token()
    {
        await using var mesh = await TestMesh.StartAsync(new() { HasAcls = true });
        using var leaf = await mesh.IssueLeafAsync("web");
        (await IsAllowedAsync(mesh)).Should().BeFalse();
        await mesh.AllowAsync("web", "db");
        (await IsAllowedAsync(mesh)).Should().BeTrue();
        using var nobody = new HttpClient { BaseAddress = mesh.Address };
        using var refused = await nobody.GetAsync("/v1/agent/connect/ca/leaf/web");
        refused.StatusCode.Should().Be(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Two_meshes_have_nothing_in_common()
    {
        await using var one = await TestMesh.StartAsync();
        await using var other = await TestMesh.StartAsync();
        one.TrustDomain.Should().NotBe(other.TrustDomain);
        one.Address.Should().NotBe(other.Address);
    }

    private static async Task<bool> IsAllowedAsync(TestMesh mesh, string serial = "")
    {
        var body = new JsonObject { ["Target"] = "db", ["ClientCertURI"] = mesh.SpiffeIdOf("web").OriginalString, ["ClientCertSerial"] = serial };
        using var content = new StringContent(body.ToJsonString());
        using var answer = await mesh.Http.PostAsync("/v1/agent/connect/authorize", content);
        return (bool)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["Authorized"]!;
    }

    private static async Task<bool> VerifyAsync(TestMesh mesh, TestLeaf leaf)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.VerificationTime = mesh.Clock.GetUtcNow().UtcDateTime;
        chain.ChainPolicy.CustomTrustStore.AddRange(await mesh.GetRootsAsync());
        chain.ChainPolicy.ExtraStore.AddRange(leaf.Intermediates);
        return chain.Build(leaf.Certificate);
    }
}
