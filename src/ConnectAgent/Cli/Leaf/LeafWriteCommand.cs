using System.CommandLine;
using System.Diagnostics;
using ConnectAgent.Cli.Framework;
using ConnectAgent.Client.Api;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.Cli.Leaf;

/// <summary><c>leaf write</c>: keeps a leaf in files for programs that read files, and tells them of each change.</summary>
internal static class LeafWriteCommand
{
    [Limit("cli.leaf_exec", "s", "it is killed, and run again after a pause")]
    private static readonly TimeSpan LongestRun = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LastPause = TimeSpan.FromMinutes(1);

    private static readonly Option<string?> Folder = Flag.Text("dir", "The directory of the files.");
    private static readonly Option<string?> Exec = Flag.Text("exec", "A line for the shell, run after each change; run again when it fails.");
    private static readonly Option<string?> ExecTimeout = Flag.Text("exec-timeout", "How long that may take; 30s unless it is said.");
    private static readonly Option<bool> Once = Flag.Switch("once", "Writes the files as they are now, and ends.");
    private static readonly Option<string?> Mode = Flag.Text("mode", "The mode of the files with the key: 0600, 0640 or 0660; 0600 unless it is said.");

    public static CliCommand Create() => CliCommand.Asking(
        "write", "Keeps certificate, key, roots and revocations of a service in files, and runs a command at each change.",
        "leaf write web -dir /etc/nginx/web -exec \"nginx -s reload\"", RunAsync, Folder, Exec, ExecTimeout, Once, Mode);

    private static async Task<int> RunAsync(Invocation call)
    {
        var service = call.OneWord("SERVICE");
        var folder = call.Given(Folder) ?? throw new CommandFailure("The -dir flag is required");
        var limit = call.Duration(ExecTimeout, LongestRun, TimeSpan.FromDays(1));
        using var files = LeafDirectory.Open(folder, ModeOf(call));
        if (call.Of(Once))
        {
            return await BringAsync(call, service, files, limit, await LeafWatch.ReadAsync(call, service)) is { } failure ? throw new CommandFailure(failure) : 0;
        }

        try
        {
            await FollowAsync(call, service, files, limit);
        }
        catch (OperationCanceledException) when (call.Cancelled.IsCancellationRequested)
        {
        }

        return 0;
    }

    private static async Task FollowAsync(Invocation call, string service, LeafDirectory files, TimeSpan limit)
    {
        using var watch = new LeafWatch(call, service);
        var running = watch.RunAsync(call.Cancelled);
        var failures = 0;
        while (true)
        {
            var pause = Timeout.InfiniteTimeSpan;
            if (await TryBringAsync(call, service, files, limit, watch) is { } failure)
            {
                pause = Pause(failures++);
                await call.Errors.WriteLineAsync($"{failure}; next attempt in {GoDuration.Format(pause)}");
            }
            else
            {
                failures = 0;
            }

            await await Task.WhenAny(watch.ChangedAsync(pause, call.Cancelled), running);
        }
    }

    private static TimeSpan Pause(int failures) => TimeSpan.FromTicks(Math.Min(LastPause.Ticks, FirstPause.Ticks << Math.Min(failures, 10)));

    private static async Task<string?> TryBringAsync(Invocation call, string service, LeafDirectory files, TimeSpan limit, LeafWatch watch)
    {
        try
        {
            return watch.Current() is { } set ? await BringAsync(call, service, files, limit, set) : null;
        }
        catch (Exception error) when (error is CommandFailure or ApiException)
        {
            return error.Message;
        }
    }

    // What has been written and not told yet is told now, also after a restart.
    private static async Task<string?> BringAsync(Invocation call, string service, LeafDirectory files, TimeSpan limit, LeafSet set)
    {
        try
        {
            if (files.Replace(set))
            {
                call.Done($"Wrote the certificate of {service}: serial number {set.Serial}, valid until {set.ValidBefore}");
            }

            if (call.Given(Exec) is not { } line || files.IsAnnounced)
            {
                return null;
            }

            if (await ExecuteAsync(line, limit) is { } failure)
            {
                return "Error running the command: " + failure;
            }

            files.Announce();
            call.Done("Ran the command");
            return null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return "Error writing the files: " + error.Message;
        }
    }

    // It is not ended with us: half a reload is worse than a late end.
    private static async Task<string?> ExecuteAsync(string line, TimeSpan limit)
    {
        using var end = new CancellationTokenSource(limit);
        try
        {
            return await ChildProcess.RunAsync(new ProcessStartInfo("/bin/sh", ["-c", line]), string.Empty, end.Token);
        }
        catch (OperationCanceledException)
        {
            return $"it took longer than {GoDuration.Format(limit)}, and was killed";
        }
    }

    private static UnixFileMode ModeOf(Invocation call)
    {
        const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return call.Given(Mode) switch
        {
            null or "0600" or "600" => Owner,
            "0640" or "640" => Owner | UnixFileMode.GroupRead,
            "0660" or "660" => Owner | UnixFileMode.GroupRead | UnixFileMode.GroupWrite,
            var text => throw new CommandFailure($"invalid value \"{text}\" for flag -mode: a file with a key has the mode 0600, 0640 or 0660"),
        };
    }
}
