using ConnectAgent.Caching.Sealing;
using ConnectAgent.Tests.Agent;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Caching.Sealing;

/// <summary>When the sealed store writes, and what callers and readers beside the writer see.</summary>
public sealed class SealedStoreWritingTests : IDisposable
{
    private readonly SealedDirectory _data = new();

    public void Dispose() => _data.Dispose();

    [Fact]
    public async Task Changes_during_a_write_become_one_more_write()
    {
        using var hold = new SemaphoreSlim(0);
        var writing = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _data.Log.OnLine = id =>
        {
            if (id == SealedEvents.Written && writing.TrySetResult())
            {
                hold.Wait(AgentFixture.Patience);
            }
        };
        await using var store = _data.Open();
        store.Load();
        store.Put(SealedDirectory.Entry("first", "1"));
        await writing.Task.WaitAsync(_data.Limit);
        for (var n = 0; n < 100; n++)
        {
            store.Put(SealedDirectory.Entry($"{n}", "x"));
        }

        store.FlushAsync(_data.Limit).IsCompleted.Should().BeFalse();
        hold.Release();
        await store.FlushAsync(_data.Limit);
        _data.Log.Count(SealedEvents.Written).Should().Be(2);
        (await _data.ReadAsync()).Should().HaveCount(101);
    }

    [Fact]
    public async Task What_changes_nothing_writes_nothing()
    {
        await _data.SealAsync(("a", "1"));
        await using var store = _data.Open();
        store.Load();
        store.Remove("b");
        store.FlushAsync(_data.Limit).IsCompletedSuccessfully.Should().BeTrue();
        _data.Log.Count(SealedEvents.Written).Should().Be(1);
    }

    [Fact]
    public async Task Many_callers_at_once_lose_nothing()
    {
        await using var store = _data.Open();
        store.Load();
        await Parallel.ForAsync(0, 2000, _data.Limit, async (n, cancelled) =>
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

        await store.FlushAsync(_data.Limit);
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
                await store.FlushAsync(_data.Limit);
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
}
