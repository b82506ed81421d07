using System.Buffers;
using System.Globalization;
using System.Text;
using ConnectAgent.Caching.Files;
using ConnectAgent.Caching.Sealing;
using ConnectAgent.Tests.Agent;
using FluentAssertions;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.Logging;
using Xunit;

namespace ConnectAgent.Tests.Caching.Sealing;

/// <summary>The sealed store on a real directory and a manual clock.</summary>
public sealed class SealedStoreTests : IDisposable
{
    private const int FileBad = 1201;
    private const int ModeTightened = 1205;
    private const int LoadFailed = 1207;
    private const int Written = 1209;
    private const int WriteFailed = 1210;
    private const int WriteRecovered = 1211;
    private const int EntryRefused = 1212;
    private const int ClosedUnwritten = 1213;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly SealedDirectory _data = new();
    private readonly CancellationTokenSource _limit = new(AgentFixture.Patience);

    public void Dispose()
    {
        _limit.Dispose();
        _data.Dispose();
    }

    [Fact]
    public async Task An_empty_directory_gives_nothing_and_no_warning()
    {
        (await _data.ReadAsync()).Should().BeEmpty();
        _data.Log.Lines.Should().NotContain(line => line.Level >= LogLevel.Warning);
    }

    [Fact]
    public async Task What_was_put_is_there_after_a_restart()
    {
        await _data.SealAsync(("roots", "R"), ("leaf", "L1"), ("gone", "G"));
        await using (var store = _data.Open())
        {
            store.Load();
            store.Put(SealedDirectory.Entry("leaf", "L2"));
            store.Remove("gone");
            store.Remove("never there");
        }

        (await _data.ReadAsync()).Should().Equal(("leaf", "L2"), ("roots", "R"));
    }

    [Fact]
    public async Task Whatever_is_put_and_removed_a_restart_finds_the_same()
    {
        var operations = ArbMap.Default.GeneratorFor<(byte Id, byte? Payload)[]>().Sample(20).ToList();
        foreach (var batch in operations)
        {
            using var data = new SealedDirectory();
            var expected = new Dictionary<string, string>(StringComparer.Ordinal);
            await using (var store = data.Open())
            {
                foreach (var (number, payload) in batch)
                {
                    var id = (number % 5).ToString(CultureInfo.InvariantCulture);
                    if (payload is { } value)
                    {
                        expected[id] = value.ToString(CultureInfo.InvariantCulture);
                        store.Put(SealedDirectory.Entry(id, expected[id]));
                    }
                    else
                    {
                        expected.Remove(id);
                        store.Remove(id);
                    }
                }
            }

            (await data.ReadAsync()).Should().BeEquivalentTo(expected.Select(entry => (entry.Key, entry.Value)));
        }
    }

    [Fact]
    public async Task Secrets_are_neither_in_the_files_nor_in_the_log_nor_in_a_printed_entry()
    {
        await _data.SealAsync(("token-5ecret", "PRIVATE KEY"));
        string[] secrets = ["token-5ecret", "PRIVATE KEY"];
        foreach (var file in Directory.GetFiles(_data.Path))
        {
            var bytes = await File.ReadAllBytesAsync(file);
            foreach (var secret in secrets)
            {
                bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(secret)).Should().Be(-1);
                bytes.AsSpan().IndexOf(Encoding.Unicode.GetBytes(secret)).Should().Be(-1);
            }
        }

        _data.Log.Lines.Should().NotContain(line => secrets.Any(secret => line.Text.Contains(secret)));
        SealedDirectory.Entry(secrets[0], secrets[1]).ToString().Should().Be("SealedEntry (11 bytes)");
    }

    [Fact]
    public async Task Both_files_are_for_the_owner_alone_and_the_key_stays_the_same()
    {
        await _data.SealAsync(("a", "1"));
        var key = await File.ReadAllBytesAsync(_data.KeyPath);
        key.Should().HaveCount(32);
        await _data.SealAsync(("a", "2"));
        (await File.ReadAllBytesAsync(_data.KeyPath)).Should().Equal(key);
        File.GetUnixFileMode(_data.KeyPath).Should().Be(OwnerOnly);
        File.GetUnixFileMode(_data.SealedPath).Should().Be(OwnerOnly);
        Directory.GetFiles(_data.Path).Should().HaveCount(2);
    }

    [Fact]
    public async Task A_mode_that_is_too_wide_is_tightened_with_a_warning()
    {
        await _data.SealAsync(("a", "1"));
        File.SetUnixFileMode(_data.KeyPath, OwnerOnly | UnixFileMode.GroupRead);
        File.SetUnixFileMode(_data.SealedPath, OwnerOnly | UnixFileMode.OtherRead);
        (await _data.ReadAsync()).Should().Equal(("a", "1"));
        File.GetUnixFileMode(_data.KeyPath).Should().Be(OwnerOnly);
        File.GetUnixFileMode(_data.SealedPath).Should().Be(OwnerOnly);
        _data.Log.Lines.Where(line => line.Id == ModeTightened).Select(line => line.Text[^4..]).Should().Equal("0640", "0604");
    }

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
        _data.Log.Count(FileBad).Should().Be(1);
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
        _data.Log.Lines.Should().ContainSingle(line => line.Id == FileBad).Which.Text.Should().Contain("unknown version 2");
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
            (await ConnectAgent.TestKit.Processes.RunningProcess.RunAsync("mkfifo", [path])).ExitCode.Should().Be(0);
        }

        (await _data.ReadAsync().WaitAsync(AgentFixture.Patience)).Should().BeEmpty();
        _data.Log.Count(1201).Should().Be(1);
        _data.BadFiles.Should().ContainSingle();
        await _data.SealAsync(("a", "1"));
        (await _data.ReadAsync()).Should().Equal(("a", "1"));
        (await File.ReadAllBytesAsync(target)).Should().Equal(new byte[32], "nothing was written through the link");
    }

    [Fact]
    public void A_directory_serves_one_agent()
    {
        using (DirectoryLock.Take(_data.Path))
        {
            ((Action)(() => DirectoryLock.Take(_data.Path))).Should().Throw<IOException>()
                .WithMessage($"data_dir {_data.Path} is in use by another agent");
        }

        DirectoryLock.Take(_data.Path).Dispose();
    }

    [Fact]
    public async Task A_directory_in_the_place_of_the_file_is_set_aside()
    {
        Directory.CreateDirectory(_data.SealedPath);
        (await _data.ReadAsync()).Should().BeEmpty();
        _data.Log.Count(FileBad).Should().Be(1);
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

    [Fact]
    public async Task A_vanished_directory_is_retried_with_doubling_pauses_until_it_is_back()
    {
        await using var store = _data.Open();
        store.Load();
        _data.Vanish();
        store.Put(SealedDirectory.Entry("a", "1"));
        foreach (var seconds in new[] { 1, 2, 4, 8, 16, 32, 60, 60 })
        {
            await SleepThroughAsync(seconds);
        }

        store.Put(SealedDirectory.Entry("b", "2"));
        var flush = store.FlushAsync(_limit.Token);
        flush.IsCompleted.Should().BeFalse();
        _data.ComeBack();
        await SleepThroughAsync(60);
        await flush;
        _data.Log.Count(WriteFailed).Should().Be(1);
        _data.Log.Count(WriteRecovered).Should().Be(1);
        (await _data.ReadAsync()).Should().Equal(("a", "1"), ("b", "2"));

        // The next streak starts over, with its own warning.
        _data.Vanish();
        store.Put(SealedDirectory.Entry("c", "3"));
        await SleepThroughAsync(1);
        _data.ComeBack();
        await SleepThroughAsync(2);
        await store.FlushAsync(_limit.Token);
        _data.Log.Count(WriteFailed).Should().Be(2);
    }

    [Fact]
    public async Task A_directory_that_comes_back_empty_gets_a_new_key_and_all_entries()
    {
        await using var store = _data.Open();
        store.Load();
        store.Put(SealedDirectory.Entry("a", "1"));
        await store.FlushAsync(_limit.Token);
        _data.Vanish();
        Directory.CreateDirectory(_data.Path);
        store.Put(SealedDirectory.Entry("b", "2"));
        await store.FlushAsync(_limit.Token);
        (await _data.ReadAsync()).Should().Equal(("a", "1"), ("b", "2"));
    }

    [Fact]
    public async Task A_directory_that_is_missing_at_the_start_is_read_before_it_is_written()
    {
        await _data.SealAsync(("a", "1"), ("b", "2"), ("c", "3"));
        _data.Vanish();
        await using var store = _data.Open();
        store.Load().Should().BeEmpty();
        _data.Log.Count(LoadFailed).Should().Be(1);
        store.Put(SealedDirectory.Entry("b", "newer"));
        store.Remove("c");
        await _data.Clock.ArmedAsync(pause => pause == TimeSpan.FromSeconds(1), _limit.Token);
        _data.ComeBack();
        await SleepThroughAsync(1);
        await store.FlushAsync(_limit.Token);
        (await _data.ReadAsync()).Should().Equal(("a", "1"), ("b", "newer"));
        SealedDirectory.Texts(store.Load()).Should().Equal(("a", "1"), ("b", "newer"));
    }

    [Fact]
    public async Task A_read_only_directory_is_retried_until_it_is_writable()
    {
        if (Environment.IsPrivilegedProcess)
        {
            return; // modes bind nobody then; the blocked temporary file below fails for everyone
        }

        await using var store = _data.Open();
        store.Load();
        var mode = File.GetUnixFileMode(_data.Path);
        File.SetUnixFileMode(_data.Path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        store.Put(SealedDirectory.Entry("a", "1"));
        await _data.Clock.ArmedAsync(pause => pause == TimeSpan.FromSeconds(1), _limit.Token);
        File.SetUnixFileMode(_data.Path, mode);
        await SleepThroughAsync(1);
        await store.FlushAsync(_limit.Token);
        (await _data.ReadAsync()).Should().Equal(("a", "1"));
    }

    [Fact]
    public async Task A_write_that_fails_leaves_the_old_file()
    {
        await _data.SealAsync(("a", "1"));
        Directory.CreateDirectory(_data.SealedPath + ".tmp");
        await using var store = _data.Open();
        store.Load();
        store.Put(SealedDirectory.Entry("a", "2"));
        await _data.Clock.ArmedAsync(pause => pause == TimeSpan.FromSeconds(1), _limit.Token);
        (await _data.ReadAsync()).Should().Equal(("a", "1"));
        Directory.Delete(_data.SealedPath + ".tmp");
        await SleepThroughAsync(1);
        await store.FlushAsync(_limit.Token);
        (await _data.ReadAsync()).Should().Equal(("a", "2"));
    }

    [Fact]
    public async Task Changes_during_a_write_become_one_more_write()
    {
        using var hold = new SemaphoreSlim(0);
        var writing = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _data.Log.OnLine = id =>
        {
            if (id == Written && writing.TrySetResult())
            {
                hold.Wait(AgentFixture.Patience);
            }
        };
        await using var store = _data.Open();
        store.Load();
        store.Put(SealedDirectory.Entry("first", "1"));
        await writing.Task.WaitAsync(_limit.Token);
        for (var n = 0; n < 100; n++)
        {
            store.Put(SealedDirectory.Entry($"{n}", "x"));
        }

        store.FlushAsync(_limit.Token).IsCompleted.Should().BeFalse();
        hold.Release();
        await store.FlushAsync(_limit.Token);
        _data.Log.Count(Written).Should().Be(2);
        (await _data.ReadAsync()).Should().HaveCount(101);
    }

    [Fact]
    public async Task What_changes_nothing_writes_nothing()
    {
        await _data.SealAsync(("a", "1"));
        await using var store = _data.Open();
        store.Load();
        store.Remove("b");
        store.FlushAsync(_limit.Token).IsCompletedSuccessfully.Should().BeTrue();
        _data.Log.Count(Written).Should().Be(1);
    }

    [Fact]
    public async Task Many_callers_at_once_lose_nothing()
    {
        await using var store = _data.Open();
        store.Load();
        await Parallel.ForAsync(0, 2000, _limit.Token, async (n, cancelled) =>
        {
            store.Put(SealedDirectory.Entry($"{n % 500}", $"{n % 500}/{n / 500}"));
            store.Put(SealedDirectory.Entry($"{n % 500}", $"{n % 500}"));
            store.Put(SealedDirectory.Entry($"temporary {n}", "t"));
            store.Remove($"temporary {n}");
            if (n % 100 == 0)
            {
                await store.FlushAsync(cancelled);
            }
        });
        for (var n = 0; n < 500; n++)
        {
            store.Put(SealedDirectory.Entry($"{n}", $"{n}"));
        }

        await store.FlushAsync(_limit.Token);
        var found = await _data.ReadAsync();
        found.Should().HaveCount(500).And.OnlyContain(entry => entry.Id == entry.Text);
    }

    [Fact] // a kill at any moment: each file that ever lies there is whole
    public async Task A_reader_beside_the_writer_never_sees_half_a_file()
    {
        await _data.SealAsync(("n", "0"));
        await using var store = _data.Open();
        store.Load();
        var writes = Task.Run(async () =>
        {
            for (var n = 1; n <= 50; n++)
            {
                store.Put(SealedDirectory.Entry("n", $"{n}"));
                await store.FlushAsync(_limit.Token);
            }
        });
        var key = await File.ReadAllBytesAsync(_data.KeyPath);
        do
        {
            var read = SealedFormat.Read(new MemoryStream(await File.ReadAllBytesAsync(_data.SealedPath)), key);
            read.Flaw.Should().BeNull();
            read.Entries.Should().ContainSingle();
        }
        while (!writes.IsCompleted);
        await writes;
    }

    [Fact] // no second copy of a secret lies in memory between two writes
    public async Task What_is_put_is_rendered_when_it_is_written()
    {
        var item = new Changing("a") { Text = "1" };
        await using (var store = _data.Open())
        {
            store.Put(item);
            store.Put(new Changing("nothing to keep"));
            await store.FlushAsync(_limit.Token);
            item.Text = "2";
            store.Put(SealedDirectory.Entry("b", "other"));
        }

        (await _data.ReadAsync()).Should().Equal(("a", "2"), ("b", "other"));
    }

    [Fact]
    public async Task What_the_file_gave_is_zeroed_once_it_is_replaced_or_removed()
    {
        await _data.SealAsync(("kept", "k"), ("removed", "r"), ("replaced", "p"));
        await using var store = _data.Open();
        var given = store.Load();
        store.Put(new Changing("replaced") { Text = "new" });
        store.Remove("removed");
        await store.FlushAsync(_limit.Token);
        SealedDirectory.Texts(given).Should().Equal(("kept", "k"), ("removed", "\0"), ("replaced", "\0"));
    }

    [Fact]
    public async Task An_entry_over_the_bound_is_dropped_with_what_it_would_replace()
    {
        await _data.SealAsync(("a", "old"), ("b", "1"));
        await using (var store = _data.Open())
        {
            store.Load();
            store.Put(new SealedEntry("a", new byte[SealedFormat.MaxEntry]));
        }

        _data.Log.Count(EntryRefused).Should().Be(1);
        (await _data.ReadAsync()).Should().Equal(("b", "1"));
    }

    [Fact]
    public async Task An_entry_at_the_bound_is_kept()
    {
        var payload = new byte[SealedFormat.MaxEntry - SealedFormat.PlainSize("a", 0)];
        await using (var store = _data.Open())
        {
            store.Put(new SealedEntry("a", payload));
            await store.FlushAsync(_limit.Token);
        }

        await using var reopened = _data.Open();
        reopened.Load().Single().Payload.Length.Should().Be(payload.Length);
        _data.Log.Count(FileBad).Should().Be(0);
    }

    [Fact]
    public async Task Closing_tries_once_more_without_waiting_for_the_pause()
    {
        var store = _data.Open();
        store.Load();
        _data.Vanish();
        store.Put(SealedDirectory.Entry("a", "1"));
        await _data.Clock.ArmedAsync(pause => pause == TimeSpan.FromSeconds(1), _limit.Token);
        _data.ComeBack();
        await store.DisposeAsync();
        (await _data.ReadAsync()).Should().Equal(("a", "1"));
        _data.Log.Count(ClosedUnwritten).Should().Be(0);
    }

    [Fact]
    public async Task Closing_on_a_broken_disk_ends_with_a_warning_and_ends_the_flushes()
    {
        var store = _data.Open();
        store.Load();
        _data.Vanish();
        store.Put(SealedDirectory.Entry("a", "1"));
        var flush = store.FlushAsync(_limit.Token);
        await _data.Clock.ArmedAsync(pause => pause == TimeSpan.FromSeconds(1), _limit.Token);
        await store.DisposeAsync().AsTask().WaitAsync(_limit.Token);
        await ((Func<Task>)(() => flush)).Should().ThrowAsync<ObjectDisposedException>();
        _data.Log.Count(ClosedUnwritten).Should().Be(1);
        store.Put(SealedDirectory.Entry("late", "1"));
        await store.DisposeAsync();
    }

    [Fact]
    public async Task Closing_waits_two_seconds_for_a_disk_that_hangs_and_writes_nothing_wrong_later()
    {
        using var hold = new SemaphoreSlim(0);
        var hanging = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _data.Log.OnLine = id =>
        {
            if (id == Written && hanging.TrySetResult())
            {
                hold.Wait(AgentFixture.Patience);
            }
        };
        var store = _data.Open();
        store.Load();
        store.Put(SealedDirectory.Entry("a", "1"));
        await hanging.Task.WaitAsync(_limit.Token);
        store.Put(SealedDirectory.Entry("b", "2"));
        var flush = store.FlushAsync(_limit.Token);
        var closing = store.DisposeAsync().AsTask();
        await SleepThroughAsync(2);
        await closing.WaitAsync(_limit.Token);
        _data.Log.Count(ClosedUnwritten).Should().Be(1);
        hold.Release();
        await flush;
        (await _data.ReadAsync()).Should().Equal(("a", "1"), ("b", "2"));
    }

    [Fact]
    public async Task A_flush_ends_when_its_caller_goes_and_the_writing_goes_on()
    {
        await using var store = _data.Open();
        store.Load();
        _data.Vanish();
        store.Put(SealedDirectory.Entry("a", "1"));
        using var leaving = new CancellationTokenSource();
        var flush = store.FlushAsync(leaving.Token);
        await _data.Clock.ArmedAsync(pause => pause == TimeSpan.FromSeconds(1), _limit.Token);
        await leaving.CancelAsync();
        await ((Func<Task>)(() => flush)).Should().ThrowAsync<OperationCanceledException>();
        _data.ComeBack();
        await SleepThroughAsync(1);
        await store.FlushAsync(_limit.Token);
    }

    private async Task SleepThroughAsync(int seconds)
    {
        var pause = TimeSpan.FromSeconds(seconds);
        await _data.Clock.ArmedAsync(armed => armed == pause, _limit.Token);
        _data.Clock.Advance(pause);
    }

    private async Task ShouldBeSetAsideAsync(byte[] file, string because)
    {
        await File.WriteAllBytesAsync(_data.SealedPath, file);
        (await _data.ReadAsync()).Should().BeSubsetOf([("a", "1"), ("b", "2")], because);
        _data.BadFiles.Should().ContainSingle(because);
        File.Delete(Path.Combine(_data.Path, _data.BadFiles[0]));
    }

    private sealed class Changing(string id) : ISealable
    {
        public string? Text { get; set; }

        public string Id => id;

        public bool TryRender(IBufferWriter<byte> payload)
        {
            if (Text is not null)
            {
                payload.Write(Encoding.UTF8.GetBytes(Text));
            }

            return Text is not null;
        }
    }
}
