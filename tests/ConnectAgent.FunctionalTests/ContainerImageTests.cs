using System.Formats.Tar;
using System.IO.Compression;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.FunctionalTests;

/// <summary><c>dotnet publish -t:PublishContainer</c>, on a base that a registry of this test hands out: one empty layer.</summary>
public sealed class ContainerImageTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
    private static readonly string Project = Path.Combine(Repository.Root, "src", "ConnectAgent");

    [Fact]
    public async Task The_image_has_the_program_its_user_and_its_words_and_the_base_that_was_chosen()
    {
        // Given
        using var folder = new TemporaryFolder();
        using var registry = new Registry();
        var archive = Path.Combine(folder.Path, "image.tar");

        // When
        var (code, output, errors) = await PublishAsync($"-p:ContainerBaseImage={registry.Base}", $"-p:ContainerArchiveOutputPath={archive}");

        // Then
        code.Should().Be(0, output + errors);
        var files = await FilesAsync(File.OpenRead(archive));
        var manifest = JsonNode.Parse(files["manifest.json"].Content)![0]!;
        ((string)manifest["RepoTags"]![0]!).Should().MatchRegex(@"^connect-agent:\d+\.\d+\.\d+$");
        var settings = JsonNode.Parse(files[(string)manifest["Config"]!].Content)!["config"]!;
        ((string)settings["User"]!).Should().Be("65534");
        ((string)settings["WorkingDir"]!).Should().Be("/usr/lib/connect-agent");
        WordsOf(settings["Entrypoint"]).Should().Equal("/usr/lib/connect-agent/connect-agent");
        WordsOf(settings["Cmd"]).Should().Equal("agent", "-config-dir", "/etc/connect-agent");
        var layers = WordsOf(manifest["Layers"]).ToList();
        layers.Should().HaveCount(2, "that of the base, and ours");
        var program = await FilesAsync(new GZipStream(new MemoryStream(files[layers[1]].Content), CompressionMode.Decompress));
        program.Should().ContainKey("usr/lib/connect-agent/connect-agent").WhoseValue.Mode.Should().HaveFlag(UnixFileMode.OtherExecute);
    }

    [Fact]
    public async Task There_is_no_base_unless_one_is_chosen()
    {
        var (code, output, _) = await PublishAsync();
        code.Should().NotBe(0);
        output.Should().Contain("Choose the base of the image: -p:ContainerBaseImage=REGISTRY/NAME:TAG");
    }

    // A node that stays for the next build would keep the output open.
    private static Task<(int ExitCode, string Output, string Errors)> PublishAsync(params string[] more) => RunningProcess.RunAsync(
        "dotnet", ["publish", Project, "--no-build", "-c", "Release", "-t:PublishContainer", "-nologo", "-nodeReuse:false", "-maxCpuCount:1", .. more], limit: Patience);

    private static IEnumerable<string> WordsOf(JsonNode? words) => words!.AsArray().Select(static word => (string)word!);

    private static async Task<Dictionary<string, (byte[] Content, UnixFileMode Mode)>> FilesAsync(Stream archive)
    {
        await using var _ = archive;
        await using var reader = new TarReader(archive);
        Dictionary<string, (byte[], UnixFileMode)> files = new(StringComparer.Ordinal);
        while (await reader.GetNextEntryAsync() is { } entry)
        {
            using var content = new MemoryStream();
            await (entry.DataStream?.CopyToAsync(content) ?? Task.CompletedTask);
            files[entry.Name.TrimStart('.', '/')] = (content.ToArray(), entry.Mode);
        }

        return files;
    }

    /// <summary>A registry with one image, on loopback.</summary>
    private sealed class Registry : IDisposable
    {
        private const string Manifests = "application/vnd.docker.distribution.manifest.v2+json";

        private readonly HttpListener _listener = new();
        private readonly Dictionary<string, (string Type, byte[] Content)> _answers = new(StringComparer.Ordinal);
        private readonly int _port = FreePorts.Next();

        public Registry()
        {
            using var packed = new MemoryStream();
            using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            {
                gzip.Write(new byte[1024]);
            }

            var layer = Blob("application/vnd.docker.image.rootfs.diff.tar.gzip", packed.ToArray());
            var settings = Blob(
                "application/vnd.docker.container.image.v1+json",
                Encoding.UTF8.GetBytes($$$"""{"architecture":"amd64","os":"linux","config":{},"rootfs":{"type":"layers","diff_ids":["{{{DigestOf(new byte[1024])}}}"]},"history":[{"created":"2026-01-01T00:00:00Z"}]}"""));
            _answers["/v2/"] = ("application/json", "{}"u8.ToArray());
            var manifest = Encoding.UTF8.GetBytes($$"""{"schemaVersion":2,"mediaType":"{{Manifests}}","config":{{settings}},"layers":[{{layer}}]}""");
            _answers["/v2/base/manifests/1"] = _answers["/v2/base/manifests/" + DigestOf(manifest)] = (Manifests, manifest);
            _listener.Prefixes.Add($"http://localhost:{_port}/");
            _listener.Start();
            _ = ServeAsync();
        }

        public string Base => $"localhost:{_port}/base:1";

        public void Dispose() => _listener.Close();

        // Keeps it, and describes it as a manifest does.
        private string Blob(string type, byte[] content)
        {
            _answers["/v2/base/blobs/" + DigestOf(content)] = ("application/octet-stream", content);
            return $$"""{"mediaType":"{{type}}","size":{{content.Length}},"digest":"{{DigestOf(content)}}"}""";
        }

        private static string DigestOf(byte[] content) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(content));

        private async Task ServeAsync()
        {
            while (true)
            {
                HttpListenerContext context;
                try
                {
                    context = await _listener.GetContextAsync();
                }
                catch (Exception error) when (error is HttpListenerException or ObjectDisposedException)
                {
                    return;
                }

                using var response = context.Response;
                if (!_answers.TryGetValue(context.Request.Url!.AbsolutePath, out var answer))
                {
                    response.StatusCode = 404;
                    continue;
                }

                response.ContentType = answer.Type;
                response.Headers["Docker-Content-Digest"] = DigestOf(answer.Content);
                response.ContentLength64 = answer.Content.Length;
                if (context.Request.HttpMethod != "HEAD")
                {
                    await response.OutputStream.WriteAsync(answer.Content);
                }
            }
        }
    }
}
