using ConnectAgent.TestKit.Processes;
using ConnectAgent.Tests.Agent;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Caching.Sealing;

/// <summary>A sealed file, or its key, that is damaged, cut, another's or no file at all is set aside.</summary>
public sealed class SealedStoreDamageTests : IDisposable
{
    private readonly SealedDirectory _data = new();

    public void Dispose() => _data.Dispose();

    [Fact]
    public async Task A_file_cut_anywhere_is_set_aside_and_gives_only_true_entries()
    {
        await _data.SealAsync(("a", "1"), ("b", "2"));
        var whole = await File.ReadAllBytesAsync(_data.SealedPath);
        for (var length = 0; length < whole.Length; length++)
        {
            await ShouldBeSetAsideAsync(whole[..length], $"cut at {length}");
        }
    }

    [Fact]
    public async Task A_file_with_a_bit_flipped_anywhere_is_set_aside_and_gives_only_true_entries()
    {
        await _data.SealAsync(("a", "1"), ("b", "2"));
        var whole = await File.ReadAllBytesAsync(_data.SealedPath);
        for (var at = 0; at < whole.Length; at++)
        {
            var flipped = whole.ToArray();
            flipped[at] ^= (byte)(1 << (at % 8));
            await ShouldBeSetAsideAsync(flipped, $"byte {at}");
        }
    }

    [Fact]
    public async Task What_is_saved_from_a_bad_file_is_written_anew()
    {
        await _data.SealAsync(("a", "1"), ("b", "2"));
        var damaged = await File.ReadAllBytesAsync(_data.SealedPath);
        damaged[^1] ^= 1;
        await File.WriteAllBytesAsync(_data.SealedPath, damaged);
        (await _data.ReadAsync()).Should().HaveCount(2);
        (await _data.ReadAsync()).Should().HaveCount(2);
        _data.Log.Count(SealedEvents.FileBad).Should().Be(1);
    }

    [Fact]
    public async Task Three_bad_files_stay_the_latest()
    {
        for (var n = 0; n < 5; n++)
        {
            await File.WriteAllTextAsync(_data.SealedPath, "nonsense");
            (await _data.ReadAsync()).Should().BeEmpty();
            _data.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        var last = _data.Clock.GetUtcNow().ToUnixTimeSeconds() - 1;
        _data.BadFiles.Should().Equal(
            $"agent-cache.sealed.bad-{last - 2}", $"agent-cache.sealed.bad-{last - 1}", $"agent-cache.sealed.bad-{last}");
    }

    [Fact]
    public async Task A_file_of_another_key_is_set_aside_and_the_store_goes_on()
    {
        await _data.SealAsync(("a", "1"));
        File.Delete(_data.KeyPath);
        (await _data.ReadAsync()).Should().BeEmpty();
        _data.BadFiles.Should().ContainSingle();
        await _data.SealAsync(("a", "2"));
        (await _data.ReadAsync()).Should().Equal(("a", "2"));
    }

    [Fact]
    public async Task A_file_of_another_version_is_set_aside()
    {
        await _data.SealAsync(("a", "1"));
        var other = await File.ReadAllBytesAsync(_data.SealedPath);
        other[9]++;
        await File.WriteAllBytesAsync(_data.SealedPath, other);
        (await _data.ReadAsync()).Should().BeEmpty();
        _data.BadFiles.Should().ContainSingle();
        _data.Log.Lines.Should().ContainSingle(line => line.Id == SealedEvents.FileBad).Which.Text.Should().Contain("unknown version 2");
    }

    [Fact]
    public async Task A_key_of_the_wrong_size_is_set_aside_and_replaced()
    {
        await File.WriteAllTextAsync(_data.KeyPath, "short");
        await _data.SealAsync(("a", "1"));
        _data.BadFiles.Should().ContainSingle().Which.Should().StartWith("agent-cache.key.bad-");
        (await _data.ReadAsync()).Should().Equal(("a", "1"));
    }

    [Theory] // reading a pipe would hang the start, following a link would read what somebody else chose
    [InlineData("pipe", "sealed")]
    [InlineData("link", "sealed")]
    [InlineData("pipe", "key")]
    [InlineData("link", "key")]
    public async Task What_is_no_regular_file_is_neither_read_nor_followed(string what, string which)
    {
        var path = which == "key" ? _data.KeyPath : _data.SealedPath;
        var target = Path.Combine(_data.Path, "target");
        await File.WriteAllBytesAsync(target, new byte[32]);
        if (what == "link")
        {
            File.CreateSymbolicLink(path, target);
        }
        else
        {
            (await RunningProcess.RunAsync("mkfifo", [path])).ExitCode.Should().Be(0);
        }

        (await _data.ReadAsync().WaitAsync(AgentFixture.Patience)).Should().BeEmpty();
        _data.Log.Count(SealedEvents.FileBad).Should().Be(1);
        _data.BadFiles.Should().ContainSingle();
        await _data.SealAsync(("a", "1"));
        (await _data.ReadAsync()).Should().Equal(("a", "1"));
        (await File.ReadAllBytesAsync(target)).Should().Equal(new byte[32], "nothing was written through the link");
    }

    [Fact]
    public async Task A_directory_in_the_place_of_the_file_is_set_aside()
    {
        Directory.CreateDirectory(_data.SealedPath);
        (await _data.ReadAsync()).Should().BeEmpty();
        _data.Log.Count(SealedEvents.FileBad).Should().Be(1);
    }

    [Fact] // a kill between the write and the rename
    public async Task What_a_killed_writer_left_is_ignored_and_removed()
    {
        await _data.SealAsync(("a", "1"));
        await File.WriteAllTextAsync(_data.SealedPath + ".tmp", "half");
        await File.WriteAllTextAsync(_data.KeyPath + ".tmp", "half");
        (await _data.ReadAsync()).Should().Equal(("a", "1"));
        Directory.GetFiles(_data.Path).Should().BeEquivalentTo(_data.SealedPath, _data.KeyPath);
    }

    private async Task ShouldBeSetAsideAsync(byte[] file, string because)
    {
        await File.WriteAllBytesAsync(_data.SealedPath, file);
        (await _data.ReadAsync()).Should().BeSubsetOf([("a", "1"), ("b", "2")], because);
        _data.BadFiles.Should().ContainSingle(because);
        File.Delete(Path.Combine(_data.Path, _data.BadFiles[0]));
    }
}
