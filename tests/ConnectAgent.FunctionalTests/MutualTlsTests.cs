using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.TestKit.Authority;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.FunctionalTests;

/// <summary>Two services, two leaves, one handshake, and the agent's word on the peer.</summary>
public sealed class MutualTlsTests(SharedAgent shared) : IClassFixture<SharedAgent>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Two_SslStreams_trust_each_other_and_authorize_decides_about_the_peer()
    {
        // Given
        using var web = await LeafAsync("tls-web");
        using var db = await LeafAsync("tls-db");
        var roots = await RootsAsync();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = new TcpClient();
        var accepted = listener.AcceptTcpClientAsync();
        await client.ConnectAsync((IPEndPoint)listener.LocalEndpoint);
        using var server = await accepted;

        // When
        await using var serverStream = new SslStream(server.GetStream());
        await using var clientStream = new SslStream(client.GetStream());
        var serving = serverStream.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
        {
            ServerCertificate = db,
            ClientCertificateRequired = true,
            CertificateChainPolicy = Policy(roots, "1.3.6.1.5.5.7.3.2"),
            RemoteCertificateValidationCallback = IgnoringNames,
        });
        await clientStream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "tls-db",
            ClientCertificates = [web],
            CertificateChainPolicy = Policy(roots, "1.3.6.1.5.5.7.3.1"),
            RemoteCertificateValidationCallback = IgnoringNames,
        });
        await serving.WaitAsync(Patience);

        // Then
        serverStream.IsMutuallyAuthenticated.Should().BeTrue();
        using var peer = X509CertificateLoader.LoadCertificate(serverStream.RemoteCertificate!.GetRawCertData());
        var uri = SanExtension.Read(peer.Extensions).Uris.Should().ContainSingle().Subject;
        uri.Should().EndWith("/svc/tls-web");
        (await AuthorizeAsync("tls-db", uri)).Should().BeTrue();
        await PutIntentionAsync("tls-web", "tls-db", "deny");
        await DecidedAsync("tls-db", uri, expected: false);
    }

    [Fact]
    public async Task Openssl_shakes_hands_with_openssl()
    {
        // Given
        using var folder = new TemporaryFolder();
        var (serverCert, serverKey) = await WriteLeafAsync(folder, "ossl-db");
        var (clientCert, clientKey) = await WriteLeafAsync(folder, "ossl-web");
        var roots = folder.Write("roots.pem", await RootsPemAsync());
        var port = FreePorts.Next();
        await using var server = RunningProcess.Start(
            "openssl",
            ["s_server", "-accept", $"127.0.0.1:{port}", "-cert", serverCert, "-key", serverKey, "-CAfile", roots, "-Verify", "3", "-verify_return_error"]);
        await server.SeenAsync("ACCEPT", Patience);

        // When
        await using var client = RunningProcess.Start(
            "openssl",
            ["s_client", "-connect", $"127.0.0.1:{port}", "-cert", clientCert, "-key", clientKey, "-CAfile", roots, "-verify_return_error"],
            input: "hello from ossl-web\n");

        // Then
        await server.SeenAsync("hello from ossl-web", Patience);
        await client.SeenAsync("Verify return code: 0 (ok)", Patience);
        server.Output.Should().Contain("CN = osslweb.svc.default.11111111.consul");
    }

    private static X509ChainPolicy Policy(X509Certificate2Collection roots, string usage)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(roots);
        policy.ApplicationPolicy.Add(new System.Security.Cryptography.Oid(usage));
        return policy;
    }

    // A SPIFFE peer is known by its URI, so a name that does not match is expected; anything else is a failure.
    private static bool IgnoringNames(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) =>
        (errors & ~SslPolicyErrors.RemoteCertificateNameMismatch) == SslPolicyErrors.None;

    private async Task<X509Certificate2> LeafAsync(string service)
    {
        var leaf = await JudgedLeafAsync(service);
        using var pem = X509Certificate2.CreateFromPem((string)leaf["CertPEM"]!, (string)leaf["PrivateKeyPEM"]!);
        return X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
    }

    private async Task<(string Certificate, string Key)> WriteLeafAsync(TemporaryFolder folder, string service)
    {
        var leaf = await JudgedLeafAsync(service);
        return (folder.Write(service + ".pem", (string)leaf["CertPEM"]!), folder.Write(service + ".key", (string)leaf["PrivateKeyPEM"]!));
    }

    private async Task<JsonObject> JudgedLeafAsync(string service)
    {
        var leaf = await shared.LeafAsync(service);
        CertificateJudge.Accept((string)leaf["CertPEM"]!, await RootsPemAsync()).Should().Be((string)leaf["ServiceURI"]!);
        return leaf;
    }

    private async Task<X509Certificate2Collection> RootsAsync()
    {
        var roots = new X509Certificate2Collection();
        roots.ImportFromPem(await RootsPemAsync());
        return roots;
    }

    private Task<string> RootsPemAsync() => shared.Agent.Http.GetStringAsync(new Uri("/v1/connect/ca/roots?pem=true", UriKind.Relative));

    private async Task<bool> AuthorizeAsync(string target, string uri)
    {
        using var body = new StringContent(
            new JsonObject { ["Target"] = target, ["ClientCertURI"] = uri }.ToJsonString(), Encoding.UTF8, "application/json");
        using var answer = await shared.Agent.Http.PostAsync(new Uri("/v1/agent/connect/authorize", UriKind.Relative), body);
        return (bool)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["Authorized"]!;
    }

    // AUTHZ-31: the cache follows within a moment; a blocking match tells when the change is there.
    private async Task DecidedAsync(string target, string uri, bool expected)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (await AuthorizeAsync(target, uri) != expected)
        {
            limit.Token.ThrowIfCancellationRequested();
        }
    }

    private async Task PutIntentionAsync(string source, string destination, string action)
    {
        using var body = new StringContent($$"""{"Action":"{{action}}"}""", Encoding.UTF8, "application/json");
        using var answer = await shared.Agent.Http.PutAsync(
            new Uri($"/v1/connect/intentions/exact?source={source}&destination={destination}", UriKind.Relative), body);
        answer.EnsureSuccessStatusCode();
    }
}
