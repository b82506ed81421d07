using System.Text.Json;
using System.Text.RegularExpressions;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.FunctionalTests;

/// <summary>
/// The Debian package and the image, on a throw-away copy of this host under a systemd of its own (packaging/tests/throwaway.sh). The package has the program that
/// the other tests start; with <c>SOAK=1</c> it is built as an operator builds it, with its runtime.
/// </summary>
public sealed partial class PackageTests(PackageTests.Packages packages) : IClassFixture<PackageTests.Packages>
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    [ThrowawayHostFact]
    public async Task It_installs_starts_reloads_upgrades_and_is_removed()
    {
        packages.Write("lifecycle.sh", await File.ReadAllTextAsync(Path.Combine(Repository.Root, "packaging", "tests", "lifecycle.sh")));
        (await packages.RunAsync("lifecycle.sh")).Should().EndWith("== done\n");
    }

    [ThrowawayHostFact] // FA-39
    public async Task The_commands_of_the_page_on_installing_work()
    {
        var page = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "install.md"));
        var blocks = Block().Matches(page).Select(match => match.Groups["commands"].Value).ToList();
        blocks.Should().HaveCountGreaterThan(3);
        packages.Write("page.sh", $$"""
            set -euo pipefail
            trap 'echo "FAILED: $BASH_COMMAND"' ERR
            sudo() { "$@"; }
            cd /test/new
            {{string.Join('\n', blocks)}}
            echo "== done"
            """);
        (await packages.RunAsync("page.sh")).Should().Contain("Active: active (running)").And.Contain("Status: \"Serving on 127.0.0.1:8500").And.Contain(".consul\n")
            .And.Contain("Configuration is valid!").And.EndWith("== done\n");
    }

    [ThrowawayHostFact]
    public async Task The_steps_of_the_Containerfile_make_an_agent_that_runs()
    {
        var steps = (await File.ReadAllLinesAsync(Path.Combine(Repository.Root, "packaging", "Containerfile"))).Where(line => line.Length > 0 && line[0] != '#').ToList();
        steps.Should().StartWith(["ARG BASE", "FROM ${BASE}"], "which base it is stays open");
        packages.Write("image.sh", $$"""
            set -euo pipefail
            trap 'echo "FAILED: $BASH_COMMAND"' ERR
            copy() { if [ -d "$1" ]; then mkdir -p "$2"; cp -r "$1"/. "$2"; else cp "$1" "$2"; fi; }
            cd /test/context
            {{string.Join('\n', steps.Skip(2).Select(ShellOf))}}
            timeout 60 bash -c "until curl -sf http://127.0.0.1:8500/v1/agent/connect/ca/roots >/dev/null; do sleep 0.05; done"
            stat -c 'owner %U' /proc/$(pgrep -x connect-agent)
            pkill -TERM -x connect-agent
            wait $!
            echo "== done"
            """);
        (await packages.RunAsync("image.sh")).Should().Contain("owner connect-agent\n").And.EndWith("== done\n");
    }

    [Fact]
    public async Task It_names_what_it_needs_and_no_licence()
    {
        var (_, fields, _) = await RunningProcess.RunAsync("dpkg-deb", ["--field", packages.New]);
        fields.Should().MatchRegex("Depends: libc6 .*, libstdc\\+\\+6 .*, libssl3t64 \\| libssl3, systemd\n").And.NotContainAny("icense", "icence");
        var (_, files, _) = await RunningProcess.RunAsync("dpkg-deb", ["--contents", packages.New]);
        files.Should().NotContain("copyright").And.NotContain(".pdb\n");
    }

    // What an instruction does, in the words of a shell.
    private static string ShellOf(string step)
    {
        var (name, rest) = (step[..step.IndexOf(' ', StringComparison.Ordinal)], step[(step.IndexOf(' ', StringComparison.Ordinal) + 1)..]);
        return name switch
        {
            "COPY" => "copy " + rest,
            "RUN" => rest,
            "USER" => "as=" + rest,
            "ENTRYPOINT" => "entry=" + Words(rest),
            "CMD" => $"runuser -u \"$as\" -- $entry {string.Join(' ', JsonSerializer.Deserialize<string[]>(rest)!)} &",
            "VOLUME" or "STOPSIGNAL" => ": " + rest,
            _ => throw new InvalidOperationException($"{name} is not known here"),
        };
    }

    private static string Words(string list) => $"'{string.Join(' ', JsonSerializer.Deserialize<string[]>(list)!)}'";

    [GeneratedRegex("<!-- package -->\n```bash\n(?<commands>.*?)```", RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex Block();

    /// <summary>Two versions of the package, in the folder that the throw-away host sees as <c>/test</c>.</summary>
    public sealed class Packages : IAsyncLifetime
    {
        private readonly TemporaryFolder _folder = new();

        public string New => Directory.GetFiles(Path.Combine(_folder.Path, "new"), "*.deb").Single();

        public async Task InitializeAsync()
        {
            var built = Environment.GetEnvironmentVariable("SOAK") == "1" ? Path.Combine(Repository.Root, "artifacts", "package", "published") : Path.GetDirectoryName(Repository.PublishedAgent)!;
            if (Environment.GetEnvironmentVariable("SOAK") == "1")
            {
                await BuildAsync("OUTPUT=artifacts/package");
            }

            await BuildAsync($"PUBLISHED={built}", $"OUTPUT={_folder.Path}/old", "VERSION=0.0.1");
            await BuildAsync($"PUBLISHED={built}", $"OUTPUT={_folder.Path}/new");
            Directory.Move(Directory.GetFiles(Path.Combine(_folder.Path, "old")).Single(), Path.Combine(_folder.Path, "old.deb"));
            File.Copy(New, Path.Combine(_folder.Path, "new.deb"));
            var context = Directory.CreateDirectory(Path.Combine(_folder.Path, "context", "artifacts", "package")).FullName;
            await RequireAsync("cp", "-r", built, Path.Combine(context, "published"));
            await RequireAsync("cp", "-r", Path.Combine(Repository.Root, "packaging"), Path.Combine(_folder.Path, "context", "packaging"));
        }

        public Task DisposeAsync()
        {
            _folder.Dispose();
            return Task.CompletedTask;
        }

        public void Write(string name, string script) => _folder.Write(name, script);

        /// <summary>Runs a script on the throw-away host, and expects it to work.</summary>
        /// <returns>What it wrote.</returns>
        public async Task<string> RunAsync(string script)
        {
            var (code, output, errors) = await RunningProcess.RunAsync(
                Path.Combine(Repository.Root, "packaging", "tests", "throwaway.sh"), [_folder.Path, "/test/" + script], limit: Patience);
            var file = Path.Combine(_folder.Path, "output");
            var written = File.Exists(file) ? await File.ReadAllTextAsync(file) : string.Empty;
            code.Should().Be(0, "{0} wrote {1} {2} {3}", script, written, output, errors);
            File.Delete(file);
            return written;
        }

        private static Task BuildAsync(params string[] environment) => RequireAsync("env", ["COMPRESSION=none", .. environment, Path.Combine(Repository.Root, "package.sh")]);

        private static async Task RequireAsync(string file, params string[] arguments)
        {
            var (code, output, errors) = await RunningProcess.RunAsync(file, arguments, limit: Patience);
            code.Should().Be(0, "{0} wrote {1} {2}", string.Join(' ', arguments), output, errors);
        }
    }
}
