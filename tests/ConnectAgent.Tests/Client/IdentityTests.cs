using System.Security.Cryptography;
using ConnectAgent.Client;
using ConnectAgent.TestKit.Processes;
using ConnectAgent.Tests.Http;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Client;

/// <summary>A service's credential: there is one, it is of now, and it stays when the agent goes.</summary>
public sealed class IdentityTests(LibraryMesh mesh) : IClassFixture<LibraryMesh>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_credential_is_the_agents_leaf_and_roots()
    {
        var leaf = await mesh.Client.Connect.LeafAsync("web");
        var roots = await mesh.Client.Connect.RootsAsync();
        var current = mesh.Web.Current;
        current.SerialNumber.Should().Be(leaf.SerialNumber);
        mesh.Web.Id.ToString().Should().Be(leaf.ServiceUri).And.Be(InProcessAgent.UriOf("web"));
        current.Certificate.HasPrivateKey.Should().BeTrue();
        current.ValidUntil.Should().Be(leaf.ValidBefore);
        current.TrustDomain.Should().Be(roots.TrustDomain);
        current.Roots.Select(root => root.ExportCertificatePem() + "\n").Should().Equal(roots.Roots.Select(root => root.RootCert));
        mesh.Web.LastError.Should().BeNull();
    }

    [Fact]
    public async Task Those_who_start_the_same_service_share_one_watch_until_the_last_leaves()
    {
        using var client = LibraryMesh.Open(mesh.Agent);
        var first = await ConnectIdentity.StartAsync(client, "shared");
        var second = await ConnectIdentity.StartAsync(client, "shared");
        second.Feed.Should().BeSameAs(first.Feed);
        await first.DisposeAsync();
        await first.DisposeAsync();
        first.Feed.Stopped.IsCancellationRequested.Should().BeFalse("the second one uses it, and disposing twice counts once");
        await second.DisposeAsync();
        first.Feed.Stopped.IsCancellationRequested.Should().BeTrue();
        await using var third = await ConnectIdentity.StartAsync(client, "shared");
        third.Feed.Should().NotBeSameAs(first.Feed);
    }

    [Fact]
    public async Task A_refusal_ends_the_start()
    {
        await using var agent = await LibraryMesh.StartAgentAsync(defaultPolicy: "deny");
        using var client = LibraryMesh.Open(agent, token: "nobody");
        var error = await FluentActions.Awaiting(() => ConnectIdentity.StartAsync(client, "web")).Should().ThrowAsync<ConnectException>();
        error.Which.Status.Should().Be(403);
        error.Which.Message.Should().Be("Unexpected response code: 403 (ACL not found)");
    }

    [Fact]
    public async Task Without_an_agent_the_start_ends_in_time()
    {
        using var client = new ConnectClient(new ConnectClientOptions { Address = $"127.0.0.1:{FreePorts.Next()}" });
        var options = new ConnectIdentityOptions { StartTimeout = TimeSpan.FromMilliseconds(50) };
        (await FluentActions.Awaiting(() => ConnectIdentity.StartAsync(client, "web", options)).Should().ThrowAsync<ConnectException>())
            .WithMessage("there is no credential of web yet: *connection refused*");
    }

    [Fact]
    public async Task While_the_agent_is_unreachable_the_credential_stays_and_a_new_process_takes_it_from_the_fallback_file()
    {
        // Given
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "web.credential");
        var options = new ConnectIdentityOptions { FallbackFile = file };
        var agent = await LibraryMesh.StartAgentAsync();
        using var log = new EventSignal(6601);
        using var client = new ConnectClient(new ConnectClientOptions { Address = agent.Address.AbsoluteUri, LoggerFactory = log });
        await using var identity = await ConnectIdentity.StartAsync(client, "web", options);
        var before = identity.Current;
        await WrittenAsync(file);

        // When
        await agent.DisposeAsync();
        await log.Written.WaitAsync(Patience);

        // Then
        identity.Current.Should().BeSameAs(before);
        using var later = LibraryMesh.Open(agent);
        await using (var restarted = await ConnectIdentity.StartAsync(later, "web", options))
        {
            restarted.Current.SerialNumber.Should().Be(before.SerialNumber);
            restarted.VerifyPeer(before.Certificate).IsTrusted.Should().BeTrue();
        }

        File.GetUnixFileMode(file).Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.GetUnixFileMode(file + ".key").Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        (await File.ReadAllTextAsync(file)).Should().NotContain("PRIVATE KEY");
    }

    [Fact]
    public async Task A_fallback_file_is_of_one_service_whole_and_private()
    {
        using var folder = new TemporaryFolder();
        var (file, key) = (Path.Combine(folder.Path, "f"), Path.Combine(folder.Path, "k"));
        var (leaf, roots) = (await mesh.Client.Connect.LeafAsync("web"), await mesh.Client.Connect.RootsAsync());
        var mine = new FallbackFile(file, key, "web");
        mine.Read().Should().BeNull();
        mine.Write(leaf, roots);
        mine.Write(leaf, roots);
        mine.Read()!.Value.Leaf.PrivateKeyPem.Should().Be(leaf.PrivateKeyPem);
        mine.Read()!.Value.Roots.Roots.Should().BeEquivalentTo(roots.Roots);
        new FallbackFile(file, key, "db").Invoking(other => other.Read()).Should().Throw<CryptographicException>("it is bound to its service");

        File.SetUnixFileMode(key, UnixFileMode.UserRead | UnixFileMode.GroupRead);
        mine.Invoking(open => open.Read()).Should().Throw<CryptographicException>().WithMessage("*open to others: its mode must be 0600");
        File.SetUnixFileMode(key, UnixFileMode.UserRead);

        var bytes = await File.ReadAllBytesAsync(file);
        bytes[^1] ^= 1;
        await File.WriteAllBytesAsync(file, bytes);
        mine.Invoking(spoilt => spoilt.Read()).Should().Throw<CryptographicException>();
        await File.WriteAllBytesAsync(file, bytes[..20]);
        mine.Invoking(cut => cut.Read()).Should().Throw<CryptographicException>();
    }

    private static async Task WrittenAsync(string file)
    {
        using var watcher = new FileSystemWatcher(Path.GetDirectoryName(file)!);
        var renamed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        watcher.Renamed += (_, _) => renamed.TrySetResult();
        watcher.EnableRaisingEvents = true;
        if (!File.Exists(file))
        {
            await renamed.Task.WaitAsync(Patience);
        }
    }
}
