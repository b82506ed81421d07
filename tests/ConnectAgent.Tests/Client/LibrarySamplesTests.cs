using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using ConnectAgent.Client;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Xunit;

namespace ConnectAgent.Tests.Client;

/// <summary>What the library's pages show compiles and runs.</summary>
public sealed partial class LibrarySamplesTests(LibraryMesh mesh) : IClassFixture<LibraryMesh>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public static TheoryData<string> Pages => ["docs/library.md", "src/ConnectAgent.Client/README.md"];

    [Theory]
    [MemberData(nameof(Pages))]
    public void A_page_shows_the_samples_as_they_compile(string page)
    {
        var source = File.ReadAllText(Path.Combine(Repository.Root, "tests/ConnectAgent.Tests/Client/LibrarySamples.cs"));
        var samples = Sample().Matches(source).ToDictionary(found => found.Groups["name"].Value, found => Plain(found.Groups["code"].Value));
        var shown = Shown().Matches(File.ReadAllText(Path.Combine(Repository.Root, page))).ToList();
        shown.Should().NotBeEmpty();
        foreach (var one in shown)
        {
            one.Groups["code"].Value.Trim().Should().Be(samples[one.Groups["name"].Value], "{0} shows the sample {1}", page, one.Groups["name"].Value);
        }

        // A block of C# that no sample stands behind could be anything.
        Block().Count(File.ReadAllText(Path.Combine(Repository.Root, page))).Should().Be(shown.Count);
    }

    [Fact]
    public async Task The_samples_run()
    {
        var options = new ConnectClientOptions { Address = mesh.Agent.Address.AbsoluteUri };
        await LibrarySamples.IdentityAsync(options).WaitAsync(Patience);
        await using var db = await ConnectIdentity.StartAsync(mesh.Client, "db");
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        await LibrarySamples.ManageAsync(mesh.Client, ((IPEndPoint)listener.LocalEndpoint).Port).WaitAsync(Patience);
        using var stop = new CancellationTokenSource();
        var serving = LibrarySamples.ServeAsync(db, listener, stop.Token);
        await LibrarySamples.WatchAsync(mesh.Client, CancellationToken.None).WaitAsync(Patience);
        (await LibrarySamples.ConnectAsync(mesh.Web).WaitAsync(Patience)).Should().Be("hello web");
        await LibrarySamples.DecideAsync(db, mesh.Web.VerifyPeer(mesh.Web.Current.Certificate).Peer!, static () => { });
        LibrarySamples.Register(Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings()));
        using var http = LibrarySamples.Http(mesh.Web);
        await stop.CancelAsync();
        await serving.Awaiting(task => task).Should().ThrowAsync<OperationCanceledException>();
    }

    [Fact] // what a gRPC channel needs of the handler
    public async Task A_handler_speaks_HTTP_2_to_a_server_that_has_our_options()
    {
        // Given
        await using var pages = await ConnectIdentity.StartAsync(mesh.Client, "pages-2");
        var port = FreePorts.Next();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenLocalhost(port, listen => listen.UseHttps(new TlsHandshakeCallbackOptions
        {
            OnConnection = _ => ValueTask.FromResult(pages.CreateServerOptions()),
        })));
        await using var app = builder.Build();
        app.MapGet("/", static (HttpContext context) => context.Request.Protocol);
        await app.StartAsync();
        await mesh.Client.Agent.RegisterAsync(new ServiceRegistration { Name = "pages-2", Address = "127.0.0.1", Port = port, Connect = new ConnectRegistration { Native = true } });
        await foreach (var found in mesh.Client.Health.WatchConnectAsync("pages-2"))
        {
            if (found.Value.Count > 0)
            {
                break;
            }
        }

        // When
        using var http = new HttpClient(ConnectHttp.CreateHandler(mesh.Web, "pages-2"))
        {
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };

        // Then
        (await http.GetStringAsync(new Uri("https://pages/")).WaitAsync(Patience)).Should().Be("HTTP/2");
    }

    private static string Plain(string code)
    {
        var lines = code.Trim('\n').Split('\n');
        var indent = lines.Where(line => line.Length > 0).Min(line => line.Length - line.TrimStart().Length);
        return string.Join('\n', lines.Select(line => line.Length > indent ? line[indent..] : line.TrimStart())).Trim();
    }

    [GeneratedRegex(@"// sample: (?<name>\w+)\n(?<code>.*?)\n *// end", RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex Sample();

    [GeneratedRegex(@"<!-- sample: (?<name>\w+) -->\n```csharp\n(?<code>.*?)```", RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex Shown();

    [GeneratedRegex("^```csharp", RegexOptions.Multiline)]
    private static partial Regex Block();
}
