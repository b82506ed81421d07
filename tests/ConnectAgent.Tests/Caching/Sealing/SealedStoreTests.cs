using System.Buffers;
using System.Globalization;
using System.Text;
using ConnectAgent.Caching.Files;
using ConnectAgent.Caching.Sealing;
using FluentAssertions;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.Logging;
using Xunit;

namespace ConnectAgent.Tests.Caching.Sealing;

/// <summary>The sealed store on a real directory and a manual clock: what a restart finds, and who else may see it.</summary>
public sealed class SealedStoreTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly SealedDirectory _data = new();

    public void Dispose() => _data.Dispose();

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
        _data.Log.Lines.Where(line => line.Id == SealedEvents.ModeTightened).Select(line => line.Text[^4..]).Should().Equal("0640", "0604");
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

    [Fact] // no second copy of a secret lies in memory between two writes
    public async Task What_is_put_is_rendered_when_it_is_written()
    {
        var item = new Changing("a") { Text = "1" };
        await using (var store = _data.Open())
        {
            store.Put(item);
            store.Put(new Changing("nothing to keep"));
            await store.FlushAsync(_data.Limit);
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
        await store.FlushAsync(_data.Limit);
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

        _data.Log.Count(SealedEvents.EntryRefused).Should().Be(1);
        (await _data.ReadAsync()).Should().Equal(("b", "1"));
    }

    [Fact]
    public async Task An_entry_at_the_bound_is_kept()
    {
        var payload = new byte[SealedFormat.MaxEntry - SealedFormat.PlainSize("a", 0)];
        await using (var store = _data.Open())
        {
            store.Put(new SealedEntry("a", payload));
            await store.FlushAsync(_data.Limit);
        }

        await using var reopened = _data.Open();
        reopened.Load().Single().Payload.Length.Should().Be(payload.Length);
        _data.Log.Count(SealedEvents.FileBad).Should().Be(0);
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
