using ConnectAgent.Cli.Leaf;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Cli.Leaf;

/// <summary>The files of <c>leaf write</c> change together.</summary>
public sealed class LeafDirectoryTests
{
    private const int Versions = 20;

    [Fact]
    public async Task Who_reads_meanwhile_sees_the_files_of_one_version()
    {
        // Given
        using var folder = new TemporaryFolder();
        using var files = LeafDirectory.Open(folder.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        files.Replace(SetOf(0)).Should().BeTrue();

        // When
        var writer = Task.Run(() =>
        {
            for (var i = 1; i <= Versions; i++)
            {
                files.Replace(SetOf(i)).Should().BeTrue();
            }
        });

        // Then: what the link names is whole as long as it is the current version or the former one, and a name never leads nowhere.
        var reads = 0;
        while (!writer.IsCompleted || reads == 0)
        {
            var lines = await File.ReadAllLinesAsync(Path.Combine(folder.Path, "combined.pem"));
            lines.Should().HaveCount(2);
            lines[1][1..].Should().Be(lines[0][1..]);
            reads++;
        }

        await writer;
        File.ReadAllText(Path.Combine(folder.Path, "key.pem")).Should().Be($"k{Versions}\n");
        Directory.EnumerateFileSystemEntries(folder.Path, "*.tmp").Should().BeEmpty();
    }

    [Fact]
    public void What_is_not_known_now_stays_as_it_was()
    {
        using var folder = new TemporaryFolder();
        using var files = LeafDirectory.Open(folder.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        files.Replace(SetOf(1) with { RevocationLists = "l\n" });
        files.Announce();
        files.Replace(SetOf(1)).Should().BeFalse("only the revocations are not known");
        files.IsAnnounced.Should().BeTrue();
        files.Replace(SetOf(2)).Should().BeTrue();
        files.IsAnnounced.Should().BeFalse("this version is another one");
        File.ReadAllText(Path.Combine(folder.Path, "crl.pem")).Should().Be("l\n");
    }

    [Theory] // an operator tidies up
    [InlineData("..data/key.pem")]
    [InlineData("..data/")]
    [InlineData("..data")]
    [InlineData("cert.pem")]
    public void What_somebody_removed_is_written_again(string removed)
    {
        using var folder = new TemporaryFolder();
        using var files = LeafDirectory.Open(folder.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        files.Replace(SetOf(1)).Should().BeTrue();
        var path = Path.Combine(folder.Path, removed);
        if (removed.EndsWith('/'))
        {
            Directory.Delete(Directory.ResolveLinkTarget(path.TrimEnd('/'), returnFinalTarget: true)!.FullName, recursive: true);
        }
        else
        {
            File.Delete(path);
        }

        files.Replace(SetOf(1)).Should().BeTrue();
        foreach (var name in new[] { "cert.pem", "key.pem", "roots.pem", "combined.pem" })
        {
            File.ReadAllText(Path.Combine(folder.Path, name)).Should().NotBeEmpty();
        }

        files.Replace(SetOf(1)).Should().BeFalse();
    }

    private static LeafSet SetOf(int version) => new($"{version}", "2030-01-01T00:00:00Z", $"c{version}\n", $"k{version}\n", "r\n", null);
}
