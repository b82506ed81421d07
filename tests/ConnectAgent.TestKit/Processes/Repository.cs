namespace ConnectAgent.TestKit.Processes;

/// <summary>Where things lie in the working tree.</summary>
public static class Repository
{
    public static string Root { get; } = FindRoot();

    public static string PublishedAgent => Path.Combine(Root, "artifacts", "publish", "connect-agent");

    public static string Fixture(string name) => Path.Combine(AppContext.BaseDirectory, "fixtures", name);

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "ConnectAgent.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("ConnectAgent.sln was not found above the tests");
    }
}
