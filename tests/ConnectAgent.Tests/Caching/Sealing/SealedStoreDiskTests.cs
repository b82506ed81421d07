using ConnectAgent.Tests.Agent;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Caching.Sealing;

/// <summary>The sealed store on a disk that fails: it tries again, and closing waits for no disk.</summary>
public sealed class SealedStoreDiskTests : IDisposable
{
    private readonly SealedDirectory _data = new();

    public void Dispose() => _data.Dispose();

    [Fact]
    public async Task A_vanished_directory_is_retried_with_doubling_pauses_until_it_is_back()
    {
        await using var store = _data.Open();
        store.Load();
        _data.Vanish();
        store.Put(SealedDirectory.Entry("a", "1"));
        foreach (var seconds in new[] { 1, 2, 4, 8, 16, 32, 60, 60 })
        {
            await _data.SleepThroughAsync(seconds);
        }

        store.Put(SealedDirectory.Entry("b", "2"));
        var flush = store.FlushAsync(_data.Limit);
        flush.IsCompleted.Should().BeFalse();
        _data.ComeBack();
        await _data.SleepThroughAsync(60);
        await flush;
        _data.Log.Count(SealedEvents.WriteFailed).Should().Be(1);
        _data.Log.Count(SealedEvents.WriteRecovered).Should().Be(1);
        (await _data.ReadAsync()).Should().Equal(("a", "1"), ("b", "2"));

        // The next streak starts over, with its own warning.
        _data.Vanish();
        store.Put(SealedDirectory.Entry("c", "3"));
        await _data.SleepThroughAsync(1);
        _data.ComeBack();
        await _data.SleepThroughAsync(2);
        await store.FlushAsync(_data.Limit);
        _data.Log.Count(SealedEvents.WriteFailed).Should().Be(2);
    }

    [Fact]
    public async Task A_directory_that_comes_back_empty_gets_a_new_key_and_all_entries()
    {
        await using var store = _data.Open();
        store.Load();
        store.Put(SealedDirectory.Entry("a", "1"));
        await store.FlushAsync(_data.Limit);
        _data.Vanish();
        Directory.CreateDirectory(_data.Path);
        store.Put(SealedDirectory.Entry("b", "2"));
        await store.FlushAsync(_data.Limit);
        (await _data.ReadAsync()).Should().Equal(("a", "1"), ("b", "2"));
    }

    [Fact]
    public async Task A_directory_that_is_missing_at_the_start_is_read_before_it_is_written()
    {
        await _data.SealAsync(("a", "1"), ("b", "2"), ("c", "3"));
        _data.Vanish();
        await using var store = _data.Open();
        store.Load().Should().BeEmpty();
        _data.Log.Count(SealedEvents.LoadFailed).Should().Be(1);
        store.Put(SealedDirectory.Entry("b", "newer"));
        store.Remove("c");
        await _data.Clock.ArmedAsync(pause => pause == TimeSpan.FromSeconds(1), _data.Limit);
        _data.ComeBack();
        await _data.SleepThroughAsync(1);
        await store.FlushAsync(_data.Limit);
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
        await _data.Clock.ArmedAsync(pause => pause == TimeSpan.FromSeconds(1), _data.Limit);
        File.SetUnixFileMode(_data.Path, mode);
        await _data.SleepThroughAsync(1);
        await store.FlushAsync(_data.Limit);
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
        await _data.Clock.ArmedAsync(pause => pause == TimeSpan.FromSeconds(1), _data.Limit);
        (await _data.ReadAsync()).Should().Equal(("a", "1"));
        Directory.Delete(_data.SealedPath + ".tmp");
        await _data.SleepThroughAsync(1);
        await store.FlushAsync(_data.Limit);
        (await _data.ReadAsync()).Should().Equal(("a", "2"));
    }

    [Fact]
    public async Task Closing_tries_once_more_without_waiting_for_the_pause()
    {
        var store = _data.Open();
        store.Load();
        _data.Vanish();
        store.Put(SealedDirectory.Entry("a", "1"));
        await _data.Clock.ArmedAsync(pause => pause == TimeSpan.FromSeconds(1), _data.Limit);
        _data.ComeBack();
        await store.DisposeAsync();
        (await _data.ReadAsync()).Should().Equal(("a", "1"));
        _data.Log.Count(SealedEvents.ClosedUnwritten).Should().Be(0);
    }

    [Fact]
    public async Task Closing_on_a_broken_disk_ends_with_a_warning_and_ends_the_flushes()
    {
        var store = _data.Open();
        store.Load();
        _data.Vanish();
        store.Put(SealedDirectory.Entry("a", "1"));
        var flush = store.FlushAsync(_data.Limit);
        await _data.Clock.ArmedAsync(pause => pause == TimeSpan.FromSeconds(1), _data.Limit);
        await store.DisposeAsync().AsTask().WaitAsync(_data.Limit);
        await ((Func<Task>)(() => flush)).Should().ThrowAsync<ObjectDisposedException>();
        _data.Log.Count(SealedEvents.ClosedUnwritten).Should().Be(1);
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
            if (id == SealedEvents.Written && hanging.TrySetResult())
            {
                hold.Wait(AgentFixture.Patience);
            }
        };
        var store = _data.Open();
        store.Load();
        store.Put(SealedDirectory.Entry("a", "1"));
        await hanging.Task.WaitAsync(_data.Limit);
        store.Put(SealedDirectory.Entry("b", "2"));
        var flush = store.FlushAsync(_data.Limit);
        var closing = store.DisposeAsync().AsTask();
        await _data.SleepThroughAsync(2);
        await closing.WaitAsync(_data.Limit);
        _data.Log.Count(SealedEvents.ClosedUnwritten).Should().Be(1);
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
        await _data.Clock.ArmedAsync(pause => pause == TimeSpan.FromSeconds(1), _data.Limit);
        await leaving.CancelAsync();
        await ((Func<Task>)(() => flush)).Should().ThrowAsync<OperationCanceledException>();
        _data.ComeBack();
        await _data.SleepThroughAsync(1);
        await store.FlushAsync(_data.Limit);
    }
}
