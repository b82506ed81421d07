using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using ConnectAgent.Client;
using ConnectAgent.Protocol.Identity;
using ConnectAgent.Testing;
using ConnectAgent.Tests.Http;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Client;

/// <summary>Who is let in, by the certificate alone: over real TLS, and where somebody else has made the handshake.</summary>
public sealed class PeerVerificationTests(LibraryMesh mesh) : IClassFixture<LibraryMesh>
{
    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

    /// <summary>The attacks of issue 16, and what is near to them.</summary>
    private static readonly Dictionary<string, (PeerShape Shape, bool IsForeign, PeerRefusal Refusal)> Shapes = new(StringComparer.Ordinal)
    {
        ["good"] = (new(), false, PeerRefusal.None),
        ["foreign root"] = (new(), true, PeerRefusal.Untrusted),
        ["expired"] = (new() { From = Now.AddHours(-2), Until = Now.AddHours(-1) }, false, PeerRefusal.Expired),
        ["not valid yet"] = (new() { From = Now.AddHours(1), Until = Now.AddHours(2) }, false, PeerRefusal.Expired),
        ["other trust domain"] = (new() { Uris = ["spiffe://22222222-2222-3333-4444-555555555555.consul/ns/default/dc/dc1/svc/api"] }, false, PeerRefusal.TrustDomain),
        ["two URIs"] = (new() { Uris = [InProcessAgent.UriOf("api"), InProcessAgent.UriOf("db")] }, false, PeerRefusal.NoIdentity),
        ["the cluster's own ID"] = (new() { Uris = [$"spiffe://{InProcessAgent.TrustDomain}"] }, false, PeerRefusal.NoIdentity),
        ["no SPIFFE ID"] = (new() { Uris = ["https://example.org/"] }, false, PeerRefusal.NoIdentity),
        ["a CA"] = (new() { IsAuthority = true, KeyUsage = X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.DigitalSignature }, false, PeerRefusal.NoIdentity),
        ["a key that is not for signatures"] = (new() { KeyUsage = X509KeyUsageFlags.KeyEncipherment }, false, PeerRefusal.KeyUsage),
        ["not for clients"] = (new() { Uses = [PeerShape.ForServers] }, false, PeerRefusal.KeyUsage),
    };

    public static TheoryData<string> Names => [.. Shapes.Keys];

    [Theory] // PROXY-4, PROXY-5, CERT-10
    [MemberData(nameof(Names))]
    public async Task A_peer_is_known_or_refused_in_a_handshake_and_by_its_certificate(string name)
    {
        // Given
        var (shape, isForeign, refusal) = Shapes[name];
        using var foreign = PeerShape.Foreign(mesh.Authority);
        using var certificate = shape.SignedBy(isForeign ? foreign : mesh.Authority);

        // When
        var byCertificate = mesh.Web.VerifyPeer(certificate);
        var byHandshake = await ShowAsync(mesh.Web, certificate);

        // Then
        foreach (var found in new[] { byCertificate, byHandshake })
        {
            found.Refusal.Should().Be(refusal, found.Reason);
            found.IsTrusted.Should().Be(refusal == PeerRefusal.None);
            (found.Reason.Length > 0).Should().Be(refusal != PeerRefusal.None, "a refusal has a reason");
        }

        if (refusal == PeerRefusal.None)
        {
            byHandshake.Peer!.Service.Should().Be("api");
            byHandshake.Peer.Uri.Should().Be(InProcessAgent.UriOf("api"));
            byHandshake.Peer.SerialNumber.Should().MatchRegex("^[0-9a-f]{2}(:[0-9a-f]{2})*$", "CERT-53");
        }
    }

    [Fact]
    public async Task A_peer_without_a_certificate_is_refused()
    {
        mesh.Web.VerifyPeer(null).Refusal.Should().Be(PeerRefusal.NoCertificate);
        (await ShowAsync(mesh.Web, null)).Refusal.Should().Be(PeerRefusal.NoCertificate);
    }

    [Fact]
    public async Task A_certificate_ends_by_the_clock_that_was_given()
    {
        var now = TimeProvider.System.GetUtcNow();
        var clock = new ManualTimeProvider(now);
        using var client = LibraryMesh.Open(mesh.Agent, clock);
        await using var identity = await ConnectIdentity.StartAsync(client, "web");
        using var certificate = new PeerShape { Until = now.AddMinutes(30) }.SignedBy(mesh.Authority);
        identity.VerifyPeer(certificate).IsTrusted.Should().BeTrue();
        clock.SetWallClock(TimeSpan.FromMinutes(31));
        identity.VerifyPeer(certificate).Refusal.Should().Be(PeerRefusal.Expired);
        (await ShowAsync(identity, certificate)).Refusal.Should().Be(PeerRefusal.Expired);
    }

    [Theory] // PROXY-2
    [InlineData("api", "dc1", PeerRefusal.None)]
    [InlineData("db", "dc1", PeerRefusal.OtherService)]
    [InlineData("api", "dc2", PeerRefusal.OtherService)]
    public async Task A_server_must_be_the_service_that_was_to_be_reached(string service, string datacenter, PeerRefusal refusal)
    {
        using var certificate = new PeerShape().SignedBy(mesh.Authority);
        var expected = new ServiceId(InProcessAgent.TrustDomain, datacenter, service);
        mesh.Web.VerifyUpstream(expected, certificate).Refusal.Should().Be(refusal);

        var (server, socket) = await LibraryMesh.ConnectAsync();
        PeerVerification? found = null;
        await using var serving = new SslStream(new NetworkStream(server, ownsSocket: true));
        await using var connecting = new SslStream(new NetworkStream(socket, ownsSocket: true));
        var served = SettleAsync(serving.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
        {
            ServerCertificateContext = SslStreamCertificateContext.Create(certificate, null, offline: true),
        }));
        await SettleAsync(connecting.AuthenticateAsClientAsync(mesh.Web.CreateClientOptions(expected, verification => found = verification)));
        await connecting.DisposeAsync();
        await served;
        found!.Refusal.Should().Be(refusal, found.Reason);
    }

    [Fact] // the intermediates that a peer sends count, and nothing else does
    public void A_chain_by_an_intermediate_needs_the_intermediate()
    {
        using var key = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=intermediate", key, System.Security.Cryptography.HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        using var authorityKey = mesh.Authority.GetECDsaPrivateKey()!;
        using var signed = request.Create(mesh.Authority.SubjectName, X509SignatureGenerator.CreateForECDsa(authorityKey), Now.AddMinutes(-5), Now.AddHours(2), [7]);
        using var intermediate = signed.CopyWithPrivateKey(key);
        using var certificate = new PeerShape().SignedBy(intermediate);
        mesh.Web.VerifyPeer(certificate).Refusal.Should().Be(PeerRefusal.Untrusted);
        mesh.Web.VerifyPeer(certificate, [signed]).IsTrusted.Should().BeTrue();
    }

    /// <summary>A handshake with an identity's server side.</summary>
    private static async Task<PeerVerification> ShowAsync(ConnectIdentity identity, X509Certificate2? certificate)
    {
        var (server, socket) = await LibraryMesh.ConnectAsync();
        PeerVerification? found = null;
        await using var serving = new SslStream(new NetworkStream(server, ownsSocket: true));
        await using var connecting = new SslStream(new NetworkStream(socket, ownsSocket: true));
        var connected = SettleAsync(connecting.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            ClientCertificateContext = certificate is null ? null : SslStreamCertificateContext.Create(certificate, null, offline: true),
#pragma warning disable CA5359 // only the server's look at the client is tried here
            RemoteCertificateValidationCallback = static (_, _, _, _) => true,
#pragma warning restore CA5359
        }));
        var isMade = await SettleAsync(serving.AuthenticateAsServerAsync(identity.CreateServerOptions(verification => found = verification)));
        await connected;
        found.Should().NotBeNull();
        isMade.Should().Be(found!.IsTrusted, "a peer that is refused gets no connection");
        return found;
    }

    private static async Task<bool> SettleAsync(Task handshake)
    {
        try
        {
            await handshake.WaitAsync(TimeSpan.FromSeconds(20));
            return true;
        }
        catch (Exception error) when (error is AuthenticationException or IOException)
        {
            return false;
        }
    }
}
