using System.CommandLine;
using System.Globalization;
using ConnectAgent.Caching.Files;
using ConnectAgent.Configuration;
using ConnectAgent.ControlPlane;
using ConnectAgent.State;
using ConnectAgent.State.Snapshots;

namespace ConnectAgent.Cli;

/// <summary><c>snapshot save|restore|inspect FILE</c>: backs up and restores the control plane's state.</summary>
internal static class SnapshotCommand
{
    private const int Failure = 1;
    private static readonly Uri Path = new("/v1/snapshot", UriKind.Relative);

    public static Command Create() => new("snapshot", "Saves, restores and inspects the state of the control plane.")
    {
        OverHttp("save", "Saves the state of a running agent to a file of mode 0600; it holds the CA's key.", SaveAsync),
        OverHttp("restore", "Restores a running agent's state from a file.", RestoreAsync),
        Inspect(),
    };

    private static Command OverHttp(string name, string description, Func<HttpClient, string, CancellationToken, Task<int>> run)
    {
        var file = new Argument<string>("file") { Description = "The snapshot file." };
        var address = new AgentAddress();
        var command = new Command(name, description) { file };
        address.AddTo(command);
        command.SetAction(async (result, cancellationToken) =>
        {
            try
            {
                using var client = address.Connect(result);
                return await run(client, result.GetValue(file)!, cancellationToken);
            }
            catch (Exception error) when (error is ConfigurationException or IOException or UnauthorizedAccessException
                or SnapshotException or HttpRequestException or TaskCanceledException)
            {
                return await FailAsync(name, error.Message);
            }
        });
        return command;
    }

    private static async Task<int> SaveAsync(HttpClient client, string file, CancellationToken cancellationToken)
    {
        using var answer = await client.GetAsync(Path, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (!answer.IsSuccessStatusCode)
        {
            return await RefusedAsync("save", answer, cancellationToken);
        }

        await using var archive = await answer.Content.ReadAsStreamAsync(cancellationToken);
        var unverified = file + ".unverified";
        try
        {
            PrivateFile.Replace(unverified, archive.CopyTo, overwrite: true);
            var meta = await CheckAsync(unverified, cancellationToken);
            File.Move(unverified, file, overwrite: true);
            await Console.Out.WriteLineAsync($"Saved and verified snapshot to index {meta.Index}");
            return 0;
        }
        finally
        {
            PrivateFile.TryDelete(unverified);
        }
    }

    private static async Task<SnapshotMeta> CheckAsync(string file, CancellationToken cancellationToken)
    {
        await using var stream = File.OpenRead(file);
        return (await SnapshotReader.ReadAsync(stream, ControlPlaneTables.All, cancellationToken)).Meta;
    }

    private static async Task<int> RestoreAsync(HttpClient client, string file, CancellationToken cancellationToken)
    {
        // Read here first: the file's own faults need no agent.
        await CheckAsync(file, cancellationToken);
        using var content = new StreamContent(File.OpenRead(file));
        using var answer = await client.PutAsync(Path, content, cancellationToken);
        if (!answer.IsSuccessStatusCode)
        {
            return await RefusedAsync("restore", answer, cancellationToken);
        }

        await Console.Out.WriteLineAsync("Restored snapshot");
        return 0;
    }

    private static Command Inspect()
    {
        var file = new Argument<string>("file") { Description = "The snapshot file." };
        var command = new Command("inspect", "Checks a snapshot file and shows what is in it, without keys.") { file };
        command.SetAction(async (result, cancellationToken) =>
        {
            try
            {
                var meta = await CheckAsync(result.GetValue(file)!, cancellationToken);
                await Console.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"""
                    Format       {meta.Format}
                    CreatedAt    {meta.CreatedAt:yyyy-MM-ddTHH:mm:ssZ}
                    Index        {meta.Index}
                    Serial       {meta.Serial}

                    Table                       Rows    Index
                    """));
                foreach (var table in meta.Tables)
                {
                    await Console.Out.WriteLineAsync(string.Create(
                        CultureInfo.InvariantCulture, $"{table.Name,-27} {table.Rows,-7} {table.Index}"));
                }

                return 0;
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException or SnapshotException)
            {
                return await FailAsync("inspect", error.Message);
            }
        });
        return command;
    }

    private static async Task<int> RefusedAsync(string what, HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        var text = await answer.Content.ReadAsStringAsync(cancellationToken);
        return await FailAsync(what, $"Unexpected response code: {(int)answer.StatusCode} ({text})");
    }

    private static async Task<int> FailAsync(string what, string text)
    {
        await Console.Error.WriteLineAsync($"Error: snapshot {what}: {text}");
        return Failure;
    }
}
