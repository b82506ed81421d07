using System.CommandLine;
using System.Globalization;
using System.Net;
using ConnectAgent.Caching.Files;
using ConnectAgent.Cli.Framework;
using ConnectAgent.Client.Api;
using ConnectAgent.ControlPlane;
using ConnectAgent.State;
using ConnectAgent.State.Snapshots;

namespace ConnectAgent.Cli;

/// <summary><c>snapshot save|restore|inspect FILE</c>: backs up and restores the control plane's state.</summary>
internal static class SnapshotCommand
{
    private const string Path = "/v1/snapshot";
    private const int CopyBytes = 81920;

    public static CliCommand Create() => CliCommand.Group(
        "snapshot",
        "Saves, restores and inspects the state of the control plane.",
        CliCommand.Asking("save", "Saves the state of a running agent to a file of mode 0600; it holds the CA's key.", "snapshot save backup.snap", SaveAsync),
        CliCommand.Asking("restore", "Restores a running agent's state from a file.", "snapshot restore backup.snap", RestoreAsync),
        CliCommand.Local("inspect", "Checks a snapshot file and shows what is in it, without keys.", "snapshot inspect backup.snap", InspectAsync));

    private static Task<int> SaveAsync(Invocation call)
    {
        var file = call.OneWord("FILE") is { Length: > 0 } name ? name : throw new CommandFailure("Error saving snapshot: open : no such file or directory");
        return GuardAsync("Error saving snapshot: ", () => call.ProgressAsync("Saving", async progress =>
        {
            PrivateFile.RequireReplaceable(file);
            using var answer = await call.Api.OpenAsync(ApiRequest.Get(Path), call.Cancelled);
            await using var archive = await answer.Content.ReadAsStreamAsync(call.Cancelled);
            var unverified = file + ".unverified";
            try
            {
                PrivateFile.Replace(unverified, target => Copy(archive, target, answer.Content.Headers.ContentLength, progress), overwrite: true);
                var meta = await CheckAsync(unverified, call.Cancelled);
                File.Move(unverified, file, overwrite: true);
                return call.Done($"Saved and verified snapshot to index {meta.Index}");
            }
            finally
            {
                PrivateFile.TryDelete(unverified);
            }
        }));
    }

    private static async Task<int> RestoreAsync(Invocation call)
    {
        var file = call.OneWord("FILE");

        // Read here first: the file's own faults need no agent.
        await GuardAsync("Error restoring snapshot: ", () => CheckAsync(file, call.Cancelled));
        return await GuardAsync("Error restoring snapshot: ", () => call.ProgressAsync("Restoring", async progress =>
        {
            using var content = new UploadedFile(RegularFile.OpenRead(file), progress);
            using var answer = await call.Api.OpenAsync(ApiRequest.Put(Path).With(content), call.Cancelled);
            return call.Done("Restored snapshot");
        }));
    }

    private static async Task<int> InspectAsync(Invocation call)
    {
        var file = call.OneWord("FILE");
        var meta = await GuardAsync("Error reading snapshot: ", () => CheckAsync(file, call.Cancelled));
        call.Done(string.Create(CultureInfo.InvariantCulture, $"""
            Format       {meta.Format}
            CreatedAt    {meta.CreatedAt:yyyy-MM-ddTHH:mm:ssZ}
            Index        {meta.Index}
            Serial       {meta.Serial}

            Table                       Rows    Index
            """));
        foreach (var table in meta.Tables)
        {
            call.Done(string.Create(CultureInfo.InvariantCulture, $"{table.Name,-27} {table.Rows,-7} {table.Index}"));
        }

        return 0;
    }

    private static void Copy(Stream source, Stream target, long? length, Action<double> progress)
    {
        var buffer = new byte[CopyBytes];
        var copied = 0L;
        while (source.Read(buffer) is > 0 and var read)
        {
            target.Write(buffer, 0, read);
            copied += read;
            if (length is > 0 and { } all)
            {
                progress((double)copied / all);
            }
        }
    }

    private static async Task<SnapshotMeta> CheckAsync(string file, CancellationToken cancellationToken)
    {
        await using var stream = RegularFile.OpenRead(file);
        return (await SnapshotReader.ReadAsync(stream, ControlPlaneTables.All, cancellationToken)).Meta;
    }

    private static async Task<T> GuardAsync<T>(string failure, Func<Task<T>> step)
    {
        try
        {
            return await step();
        }
        catch (FileNotFoundException error)
        {
            throw new CommandFailure("Error opening snapshot file: " + InputFile.Reason(System.IO.Path.GetFileName(error.FileName) ?? string.Empty, error));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or SnapshotException or ApiException or HttpRequestException)
        {
            throw new CommandFailure(failure + error.Message);
        }
    }

    // A body that tells how much of it has been sent.
    private sealed class UploadedFile(FileStream file, Action<double> progress) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            var buffer = new byte[CopyBytes];
            while (await file.ReadAsync(buffer, cancellationToken) is > 0 and var read)
            {
                await stream.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                progress((double)file.Position / file.Length);
            }
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override bool TryComputeLength(out long length)
        {
            length = file.Length;
            return true;
        }

        protected override void Dispose(bool disposing)
        {
            file.Dispose();
            base.Dispose(disposing);
        }
    }
}
